//! The parts of an `http` or `https` URL (RFC 3986) that a request needs, borrowed from its text.

/// A URL that can be requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Url<'a> {
    text: &'a str,
    scheme: UrlScheme,
    /// Where the authority begins and ends in the text.
    authority: (u16, u16),
    port: Option<u16>,
}

/// How the seller is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub enum UrlScheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl<'a> Url<'a> {
    /// Splits a URL; `None` if it is not an absolute `http` or `https` URL of printable ASCII with
    /// a host and without user information, or if its host ends beyond 64 KiB. A fragment (`#...`)
    /// is left out, as requests do.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.split('#').next().unwrap_or(text);
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return None;
        }
        let (scheme, rest) = split_scheme(text)?;
        let start = text.len() - rest.len();
        let length = rest.find(['/', '?']).unwrap_or(rest.len());
        let (_, port) = split_authority(rest.get(..length)?)?;
        let authority = (start.try_into().ok()?, (start + length).try_into().ok()?);
        Some(Url { text, scheme, authority, port })
    }

    /// The URL as it was given, without its fragment.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// How the seller is reached.
    pub fn scheme(&self) -> UrlScheme {
        self.scheme
    }

    /// The host's name or address; an IPv6 address without its brackets.
    pub fn host(&self) -> &'a str {
        let authority = self.authority();
        split_authority(authority).map_or(authority, |(host, _)| host)
    }

    /// The port, the scheme's own if the URL names none.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.scheme {
            UrlScheme::Http => 80,
            UrlScheme::Https => 443,
        })
    }

    /// `host` or `host:port`, as the URL has it.
    pub fn authority(&self) -> &'a str {
        let (start, end) = self.authority;
        self.text.get(start.into()..end.into()).unwrap_or_default()
    }

    /// `scheme://host` or `scheme://host:port`, as the URL has it.
    pub fn origin(&self) -> &'a str {
        self.text.get(..self.authority.1.into()).unwrap_or_default()
    }

    /// The path and query; the path may be missing.
    pub fn target(&self) -> &'a str {
        self.text.get(self.authority.1.into()..).unwrap_or_default()
    }
}

fn split_scheme(text: &str) -> Option<(UrlScheme, &str)> {
    let (scheme, rest) = text.split_once(':')?;
    let rest = rest.strip_prefix("//")?;
    match scheme {
        _ if scheme.eq_ignore_ascii_case("http") => Some((UrlScheme::Http, rest)),
        _ if scheme.eq_ignore_ascii_case("https") => Some((UrlScheme::Https, rest)),
        _ => None,
    }
}

fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split_once(']')?,
        None => authority.split_at_checked(authority.find(':').unwrap_or(authority.len()))?,
    };
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    let is_address = |byte: u8| byte.is_ascii_hexdigit() || matches!(byte, b':' | b'.');
    let allowed = if authority.starts_with('[') {
        host.bytes().all(is_address)
    } else {
        host.bytes().all(is_host)
    };
    if host.is_empty() || !allowed {
        return None;
    }
    match port.strip_prefix(':') {
        None if port.is_empty() => Some((host, None)),
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            Some((host, Some(digits.parse().ok().filter(|port| *port > 0)?)))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_urls() {
        for (text, origin, host, port, target) in [
            (
                "http://seller.lan/weather?x=1#y",
                "http://seller.lan",
                "seller.lan",
                80,
                "/weather?x=1",
            ),
            ("https://a:8443", "https://a:8443", "a", 8443, ""),
            ("HTTP://A.b?q", "HTTP://A.b", "A.b", 80, "?q"),
            ("http://[::1]:4021/", "http://[::1]:4021", "::1", 4021, "/"),
            ("https://10.0.2.2/p:1@2", "https://10.0.2.2", "10.0.2.2", 443, "/p:1@2"),
        ] {
            let url = Url::parse(text).unwrap();
            let parts = (url.origin(), url.host(), url.port(), url.target());
            assert_eq!(parts, (origin, host, port, target));
        }
    }

    #[test]
    fn refuses_what_cannot_be_requested() {
        for text in [
            "",
            "seller.lan",
            "/weather",
            "ftp://a/",
            "http:/a",
            "http://",
            "http:///a",
            "http://a b/",
            "http://user@a/",
            "http://user:secret@a/",
            "http://a:/",
            "http://a:0/",
            "http://a:65536/",
            "http://a:+1/",
            "http://[::1",
            "http://[::g]/",
            "http://a/\r\nX: y",
            "http://a/é",
            "http://a:1:2/",
        ] {
            assert_eq!(Url::parse(text), None, "{text}");
        }
    }
}
