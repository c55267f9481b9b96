//! Questions before what cannot be undone.

use std::io::{BufRead, Write};

use crate::setup::usage;

/// `--yes` answers for whoever cannot be asked.
pub(crate) fn to_type(expected: &str, warning: &str, yes: bool) -> anyhow::Result<()> {
    if yes {
        return Ok(());
    }
    eprintln!("{warning}");
    eprint!("Type `{expected}` to go on: ");
    std::io::stderr().flush()?;
    let mut typed = String::new();
    std::io::stdin().lock().read_line(&mut typed)?;
    match typed.trim() == expected {
        true => Ok(()),
        false => Err(usage(format!(
            "nothing was done: `{expected}` was not typed (--yes is for scripts)"
        ))),
    }
}
