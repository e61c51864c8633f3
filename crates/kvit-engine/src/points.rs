//! Points at which the soak kills the app, makes it panic, or plants a mistake, to see that somebody notices. Without the
//! feature `failpoints`, which the app never has, they are nothing.

/// A point that can be killed or made to panic at.
#[macro_export]
#[doc(hidden)]
macro_rules! point {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        fail::fail_point!($name);
    };
}

/// Whether a mistake is planted here.
#[macro_export]
#[doc(hidden)]
macro_rules! planted {
    ($name:literal) => {{
        #[cfg(feature = "failpoints")]
        {
            (|| {
                fail::fail_point!($name, |_| true);
                false
            })()
        }
        #[cfg(not(feature = "failpoints"))]
        {
            false
        }
    }};
}
