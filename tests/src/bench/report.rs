//! Figures and how they are shown: a Markdown table with the target and the reference beside.

use std::fmt::{self, Display};
use std::time::Duration;

/// Never asserted on: a figure is for people to read.
pub(crate) struct Row {
    pub(crate) what: String,
    pub(crate) runs: usize,
    pub(crate) measured: String,
    pub(crate) target: &'static str,
    pub(crate) reference: &'static str,
}

pub(crate) struct Table(pub(crate) Vec<Row>);

impl Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "| what | n | measured | target | reference |")?;
        writeln!(f, "| --- | --- | --- | --- | --- |")?;
        for Row { what, runs, measured, target, reference } in &self.0 {
            writeln!(f, "| {what} | {runs} | {measured} | {target} | {reference} |")?;
        }
        Ok(())
    }
}

/// The value that this share of all values does not exceed.
pub(crate) fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    let at = (values.len() as f64 * share).ceil() as usize;
    values[at.clamp(1, values.len()) - 1]
}

pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    percentile(values.into_iter().collect(), 0.5)
}

pub(crate) fn fastest(values: impl IntoIterator<Item = f64>) -> f64 {
    values.into_iter().fold(f64::INFINITY, f64::min)
}

pub(crate) fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// Median and fastest of some times in milliseconds.
pub(crate) fn spread(values: impl IntoIterator<Item = f64> + Clone) -> String {
    format!("{:.1} ms (fastest {:.1})", median(values.clone()), fastest(values))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values() {
        let values: Vec<f64> = (1..=100).rev().map(f64::from).collect();
        assert_eq!(percentile(values.clone(), 0.5), 50.0);
        assert_eq!(percentile(values.clone(), 0.99), 99.0);
        assert_eq!(percentile(values, 1.0), 100.0);
        assert_eq!(median([7.0]), 7.0);
    }
}
