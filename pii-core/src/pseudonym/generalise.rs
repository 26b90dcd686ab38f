//! Methods that make a value coarser. Each takes text and gives text, or nothing where it cannot read it.

use std::net::IpAddr;

use super::dates;

/// `year`: `1990-05-17` → `1990`.
pub(super) fn year(text: &str) -> Option<String> {
    dates::year(text).map(str::to_owned)
}

/// `month`: `1990-05-17` → `1990-05`.
pub(super) fn month(text: &str) -> Option<String> {
    dates::month(text)
}

/// `mask`: the first and last characters stay, each other becomes `*`. A short value is masked whole.
pub(super) fn mask(text: &str, first: usize, last: usize) -> String {
    let length = text.chars().count();
    let hide_all = length <= first + last;
    let shown = |n: usize| !hide_all && (n < first || n >= length - last);
    text.chars().enumerate().map(|(n, c)| if shown(n) { c } else { '*' }).collect()
}

/// `network-24`: the network an address lies in, `/24` for IPv4 and `/48` for IPv6.
pub(super) fn network(text: &str) -> Option<String> {
    Some(match text.trim().parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{}/24", std::net::Ipv4Addr::new(a, b, c, 0))
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{}/48", std::net::Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))
        }
    })
}

/// `bucket`: the lower bound of the bucket a number lies in.
pub(super) fn bucket(number: f64, width: f64) -> f64 {
    (number / width).floor() * width
}

/// `truncate-coordinates`: cut (not rounded) to so many decimals.
pub(super) fn coordinate(degrees: f64, decimals: u8) -> f64 {
    let scale = 10f64.powi(i32::from(decimals));
    (degrees * scale).trunc() / scale
}

/// The same for written coordinates: one number, or `latitude,longitude`.
pub(super) fn coordinates(text: &str, decimals: u8) -> Option<String> {
    let cut = |part: &str| {
        part.trim().parse::<f64>().ok().map(|d| format!("{:.*}", usize::from(decimals), coordinate(d, decimals)))
    };
    text.split(',').map(cut).collect::<Option<Vec<_>>>().map(|parts| parts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_keep_what_they_are_told_and_never_a_short_value() {
        assert_eq!(mask("4111111111111111", 0, 4), "************1111");
        assert_eq!(mask("김서연", 1, 0), "김**");
        assert_eq!(mask("ab", 1, 1), "**");
        assert_eq!(mask("", 1, 1), "");
    }

    #[test]
    fn addresses_become_networks() {
        assert_eq!(network("192.0.2.77").as_deref(), Some("192.0.2.0/24"));
        assert_eq!(network("2001:db8:1:2::3").as_deref(), Some("2001:db8:1::/48"));
        assert_eq!(network("not an address"), None);
    }

    #[test]
    fn numbers_fall_into_buckets() {
        assert_eq!(bucket(27.0, 10.0), 20.0);
        assert_eq!(bucket(-3.0, 10.0), -10.0);
        assert_eq!(coordinates("52.52437, 13.41053", 2).as_deref(), Some("52.52,13.41"));
        assert_eq!(coordinates("north", 2), None);
    }
}
