//! Numbers and tables as text.

/// A number with its thousands apart; nothing for none.
pub(crate) fn grouped(number: impl Into<Option<u64>>) -> String {
    let Some(number) = number.into() else { return String::new() };
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

/// Millions, with two digits behind the point.
pub(crate) fn millions(number: impl Into<Option<u64>>) -> String {
    number.into().map_or_else(String::new, |number| format!("{:.2} M", number as f64 / 1e6))
}

/// Milliseconds: with a digit behind the point if they are few.
pub(crate) fn milliseconds(number: Option<f64>) -> String {
    match number {
        None => String::new(),
        Some(number) if number < 10.0 => format!("{number:.1}"),
        Some(number) => format!("{number:.0}"),
    }
}

/// A table of Markdown; numbers stand to the right.
pub(crate) fn table(header: &[&str], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let rows: Vec<_> = rows.into_iter().collect();
    let is_number = |column: usize| {
        let mut cells =
            rows.iter().filter_map(|row| row.get(column)).filter(|cell| !cell.is_empty());
        cells.all(|cell| cell.starts_with(|first: char| first.is_ascii_digit()))
    };
    let rule = |column| if column > 0 && is_number(column) { "---:" } else { "---" }.to_owned();
    let mut text = line(&header.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
    text += &line(&(0..header.len()).map(rule).collect::<Vec<_>>());
    rows.iter().for_each(|row| text += &line(row));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(grouped(None), "");
        assert_eq!(millions(4_449_000), "4.45 M");
        assert_eq!([Some(9.96), Some(61.2), None].map(milliseconds), ["10.0", "61", ""]);
    }

    #[test]
    fn tables() {
        let rows = [vec!["1".to_owned(), "2".to_owned(), "x".to_owned()]];
        let expected = "| a | b | c |\n| --- | ---: | --- |\n| 1 | 2 | x |\n";
        assert_eq!(table(&["a", "b", "c"], rows), expected);
    }
}
