//! Recordings of any wire, with their bytes as they came.

use base64ct::{Base64, Encoding};
use domain::Failure;
use inglenook_wire::{RefusalHeaders, decode_error};
use serde_json::Value;

pub struct Recorded {
    pub id: String,
    pub status: u16,
    pub headers: Value,
    /// `null` where the source keeps none.
    pub request: Value,
    pub path: String,
    pub body: Vec<u8>,
}

impl Recorded {
    /// What the wire makes of an unsuccessful answer.
    pub fn refusal(&self) -> Failure {
        let header = |name: &str| self.headers[name].as_str();
        let headers = RefusalHeaders {
            retry_after: header("retry-after"),
            retry_after_ms: header("retry-after-ms"),
            date: header("date"),
            error_type: header("x-amzn-errortype"),
        };
        decode_error(self.status, &headers, &self.body)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// All recordings of these APIs; none when they are not on this machine.
pub fn recorded(apis: &[&str]) -> Vec<Recorded> {
    let index = crate::recordings::index();
    if index.is_empty() {
        return Vec::new();
    }
    let list: Vec<Recorded> = index
        .iter()
        .filter(|line| apis.contains(&line["api"].as_str().unwrap()))
        .map(|line| {
            let whole = crate::recordings::read(line);
            let response = &whole["response"];
            let body = response["body"].as_str().unwrap();
            Recorded {
                id: line["id"].as_str().unwrap().into(),
                status: u16::try_from(response["status"].as_u64().unwrap()).unwrap(),
                headers: response["headers"].clone(),
                request: whole["request"]["body"].clone(),
                path: whole["request"]["path"].as_str().unwrap_or_default().into(),
                body: if response["body_encoding"] == "base64" {
                    Base64::decode_vec(body).unwrap()
                } else {
                    body.as_bytes().to_vec()
                },
            }
        })
        .collect();
    assert!(!list.is_empty(), "the index is not what it was");
    list
}
