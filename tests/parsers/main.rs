//! Every reader of a stranger's bytes: in fragments, cut short, and damaged.

mod agreement;
mod damage;
mod fragments;
mod truncation;
