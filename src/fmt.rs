//! Log lines through `defmt` or `log`, whichever feature is on; without both they are nothing.
//!
//! No key, signature or body is ever logged.

#[cfg(all(feature = "defmt", feature = "log"))]
compile_error!("the features `defmt` and `log` exclude each other: choose one");

/// Something that an operator wants to know: money moves, or does not.
#[cfg(feature = "io")]
macro_rules! info {
    ($format:literal $(, $value:expr)* $(,)?) => {
        {
            #[cfg(feature = "defmt")]
            ::defmt::info!($format $(, $value)*);
            #[cfg(feature = "log")]
            ::log::info!($format $(, $value)*);
            #[cfg(not(any(feature = "defmt", feature = "log")))]
            { $(let _ = &$value;)* }
        }
    };
}

/// Something that somebody must look at.
#[cfg(feature = "io")]
macro_rules! warning {
    ($format:literal $(, $value:expr)* $(,)?) => {
        {
            #[cfg(feature = "defmt")]
            ::defmt::warn!($format $(, $value)*);
            #[cfg(feature = "log")]
            ::log::warn!($format $(, $value)*);
            #[cfg(not(any(feature = "defmt", feature = "log")))]
            { $(let _ = &$value;)* }
        }
    };
}
