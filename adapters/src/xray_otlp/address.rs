//! The address of X-Ray's OTLP endpoint: that of the region in its partition, or the one in the SDK's settings.

use crate::aws::Aws;
use http::Uri;
use lambda_trace_otlp::address;

/// The path of traces.
const PATH: &str = "/v1/traces";

/// The address cannot be connected to.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not of the form http(s)://host[:port]")]
pub struct AddressError(pub(super) String);

/// `AWS_ENDPOINT_URL_XRAY`, else `AWS_ENDPOINT_URL`, else the same in the profile; else X-Ray's own endpoint.
pub(super) fn traces_url(aws: &Aws) -> Result<Uri, AddressError> {
    let base = aws.endpoint_of("XRay").unwrap_or_else(|| host(aws.region(), aws.uses_fips(), aws.uses_dual_stack()));
    let url = format!("{}{PATH}", base.trim_end_matches('/'));
    let parsed = address::parse(&url).filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")));
    parsed.filter(|uri| uri.query().is_none()).ok_or(AddressError(base))
}

/// By the SDKs' endpoint rules for `xray`. AWS documents `/v1/traces` for the first form only.
fn host(region: &str, fips: bool, dual_stack: bool) -> String {
    let (suffix, dual_stack_suffix) = suffixes(region);
    let service = if fips { "xray-fips" } else { "xray" };
    let suffix = if dual_stack { dual_stack_suffix } else { suffix };
    format!("https://{service}.{region}.{suffix}")
}

/// The domain of a partition, and that of its addresses for both IP versions.
fn suffixes(region: &str) -> (&'static str, &'static str) {
    const PARTITIONS: [(&str, &str, &str); 6] = [
        ("cn-", "amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ("eusc-", "amazonaws.eu", "api.amazonwebservices.eu"),
        ("us-iso-", "c2s.ic.gov", "api.aws.ic.gov"),
        ("us-isob-", "sc2s.sgov.gov", "api.aws.scloud"),
        ("eu-isoe-", "cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ("us-isof-", "csp.hci.ic.gov", "api.aws.hci.ic.gov"),
    ];
    let of_region = PARTITIONS.iter().find(|(prefix, ..)| region.starts_with(prefix));
    of_region.map_or(("amazonaws.com", "api.aws"), |(_, suffix, dual_stack)| (suffix, dual_stack))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_in_its_partition() {
        for (region, expected) in [
            ("eu-central-1", "https://xray.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", "https://xray.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://xray.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://xray.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host(region, false, false), expected);
        }
        assert_eq!(host("us-east-1", true, false), "https://xray-fips.us-east-1.amazonaws.com");
        assert_eq!(host("us-east-1", false, true), "https://xray.us-east-1.api.aws");
    }
}
