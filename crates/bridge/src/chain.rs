//! An error with its causes on one line. Ours say only what they add, and the JSON log keeps
//! only what an error says itself.

use std::error::Error;
use std::fmt;

pub(crate) struct Chain<'a>(&'a dyn Error);

pub(crate) fn chain(error: &dyn Error) -> Chain<'_> {
    Chain(error)
}

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use platform::Unavailable;

    use super::*;

    #[test]
    fn the_cause_is_told_too() {
        let error = Unavailable::new("inbox.put", "connection refused");
        assert_eq!(chain(&error).to_string(), "inbox.put is unavailable: connection refused");
    }
}
