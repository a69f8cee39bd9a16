//! The `Date` of an HTTP message (RFC 9110 section 5.6.7, IMF-fixdate) as Unix seconds.

/// Reads `Sun, 06 Nov 1994 08:49:37 GMT`; `None` for every other form, the obsolete ones included.
pub(crate) fn parse_imf_fixdate(text: &[u8]) -> Option<u64> {
    let text: &[u8; 29] = text.try_into().ok()?;
    let [_, _, _, b',', b' ', rest @ ..] = text else { return None };
    let [d1, d2, b' ', m1, m2, m3, b' ', y1, y2, y3, y4, b' ', rest @ ..] = rest else {
        return None;
    };
    let [h1, h2, b':', n1, n2, b':', s1, s2, b' ', b'G', b'M', b'T'] = rest else { return None };
    let year = number(&[*y1, *y2, *y3, *y4])?;
    let days = days_since_1970(year, month(&[*m1, *m2, *m3])?, number(&[*d1, *d2])?)?;
    let hours = days * 24 + below(24, number(&[*h1, *h2])?)?;
    let minutes = hours * 60 + below(60, number(&[*n1, *n2])?)?;
    // 60 is a leap second.
    Some(minutes * 60 + below(61, number(&[*s1, *s2])?)?)
}

fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value, digit| {
        let digit = (*digit as char).to_digit(10)?;
        Some(value * 10 + u64::from(digit))
    })
}

fn below(limit: u64, value: u64) -> Option<u64> {
    (value < limit).then_some(value)
}

fn month(name: &[u8; 3]) -> Option<u64> {
    const NAMES: [&[u8; 3]; 12] = [
        b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov",
        b"Dec",
    ];
    let index = NAMES.iter().position(|candidate| *candidate == name)?;
    Some(index as u64 + 1)
}

/// Days from 1970-01-01 in the Gregorian calendar, by counting years from March so that the leap
/// day is the last of its year.
fn days_since_1970(year: u64, month: u64, day: u64) -> Option<u64> {
    if year < 1970 || !(1..=31).contains(&day) {
        return None;
    }
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days_before_month = (153 * month + 2) / 5;
    let leap_days = year / 4 - year / 100 + year / 400;
    const DAYS_TO_1970: u64 = 719_468;
    (365 * year + leap_days + days_before_month + day - 1).checked_sub(DAYS_TO_1970)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_known_dates() {
        for (text, seconds) in [
            ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
            ("Tue, 29 Feb 2000 23:59:59 GMT", 951_868_799),
            ("Thu, 01 Jan 2026 00:00:00 GMT", 1_767_225_600),
            ("Fri, 31 Dec 2100 12:00:00 GMT", 4_133_937_600),
        ] {
            assert_eq!(parse_imf_fixdate(text.as_bytes()), Some(seconds), "{text}");
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "Sunday, 06-Nov-94 08:49:37 GMT",
            "Sun Nov  6 08:49:37 1994",
            "Sun, 06 Nov 1994 08:49:37 UTC",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1969 08:49:37 GMT",
            "Sun, 06 nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 1994 08:49:3x GMT",
        ] {
            assert_eq!(parse_imf_fixdate(text.as_bytes()), None, "{text}");
        }
    }
}
