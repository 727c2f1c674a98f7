//! Enumerations whose values have one spelling in SQL, in GraphQL and in files.

/// Declares an enumeration with its spellings; each value's comment is its GraphQL description.
#[macro_export]
macro_rules! named_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $value:ident $text:literal,)+ }) => {
        #[derive(async_graphql::Enum, Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        $(#[$meta])*
        pub enum $name { $($(#[$doc])* #[graphql(name = $text)] $value,)+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$value),+];

            /// The one spelling.
            #[must_use]
            pub const fn as_str(self) -> &'static str { match self { $(Self::$value => $text),+ } }

            /// Reads the spelling of `as_str`.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$value),)+ _ => None }
            }
        }
    };
}
