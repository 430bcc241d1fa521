//! Configuration, org chart and project manifest as bytes.

use aof_codec::{parse_org_chart, parse_project, parse_settings};

use super::card::assert_explained;

/// Each of the three readers takes the bytes or says what is wrong; the same twice.
///
/// # Panics
/// If that does not hold.
pub fn settings(input: &[u8]) {
    let overrides = serde_json::from_slice(input).ok();
    match parse_settings("aof.yaml", input, None) {
        Ok(read) => assert_eq!(parse_settings("aof.yaml", input, None), Ok(read)),
        Err(findings) => assert_explained(&findings),
    }
    if let Err(findings) = parse_settings("aof.yaml", b"", overrides.as_ref()) {
        assert_explained(&findings);
    }
    match parse_org_chart("org/org-chart.yaml", input) {
        Ok(read) => assert_eq!(parse_org_chart("org/org-chart.yaml", input), Ok(read)),
        Err(findings) => assert_explained(&findings),
    }
    match parse_project("projects/a/project.yaml", input) {
        Ok(read) => assert_eq!(parse_project("projects/a/project.yaml", input), Ok(read)),
        Err(findings) => assert_explained(&findings),
    }
}
