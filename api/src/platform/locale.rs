//! The languages that the program itself writes in.

use crate::named_enum;

named_enum! {
    /// The language of a text.
    Locale {
        /// Simplified Chinese.
        ZhCn "ZH_CN",
        /// English.
        En "EN",
    }
}
