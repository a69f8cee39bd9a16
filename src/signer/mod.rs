//! Who holds the key.
