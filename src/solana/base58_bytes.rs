//! The shape that keys, blockhashes and signatures share: so many bytes,
//! written in base58.

/// Defines a type of `$bytes` bytes whose text is at most `$characters` of base58.
macro_rules! base58_bytes {
    ($(#[$doc:meta])* $name:ident, $bytes:literal bytes, $characters:literal characters) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            /// Wraps the raw bytes.
            pub const fn new(bytes: [u8; $bytes]) -> Self {
                Self(bytes)
            }

            /// Reads the base58 text.
            ///
            /// # Errors
            /// A character that base58 does not use, or a value of another size.
            pub fn from_base58(text: &str) -> Result<Self, $crate::codec::base58::Base58Error> {
                $crate::codec::base58::decode(text).map(Self)
            }

            /// The base58 text.
            pub fn to_base58(&self) -> $crate::codec::base58::Base58<$characters> {
                $crate::codec::base58::encode(&self.0)
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $bytes] {
                &self.0
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::codec::base58::Base58Error;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::from_base58(text)
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.to_base58().as_str())
            }
        }

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                core::fmt::Display::fmt(self, f)
            }
        }

        #[cfg(feature = "defmt")]
        impl defmt::Format for $name {
            fn format(&self, f: defmt::Formatter<'_>) {
                defmt::write!(f, "{=str}", self.to_base58().as_str());
            }
        }
    };
}

pub(crate) use base58_bytes;
