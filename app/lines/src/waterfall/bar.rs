//! From times to columns.

/// The time that the bars stand on.
pub(super) struct Axis {
    pub(super) start: u64,
    pub(super) end: u64,
    pub(super) columns: usize,
}

impl Axis {
    /// A bar of at least one column, with blanks around it.
    pub(super) fn bar(&self, start: u64, end: u64) -> String {
        let from = self.column(start).min(self.columns - 1);
        let to = self.column(end).clamp(from + 1, self.columns);
        let parts = [(' ', from), ('█', to - from), (' ', self.columns - to)];
        parts.into_iter().flat_map(|(character, count)| std::iter::repeat_n(character, count)).collect()
    }

    fn column(&self, at: u64) -> usize {
        let span = u128::from(self.end.saturating_sub(self.start).max(1));
        let offset = u128::from(at.saturating_sub(self.start)).min(span);
        usize::try_from(offset * self.columns as u128 / span).unwrap_or(self.columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_stand_where_their_times_are() {
        let axis = Axis { start: 100, end: 200, columns: 10 };
        assert_eq!(axis.bar(100, 200), "██████████");
        assert_eq!(axis.bar(150, 170), "     ██   ");
        assert_eq!(axis.bar(200, 200), "         █");
        assert_eq!(axis.bar(0, 900), "██████████", "clocks may disagree");
        assert_eq!(Axis { start: 5, end: 5, columns: 3 }.bar(5, 5), "█  ");
    }
}
