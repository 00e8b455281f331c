//! The document as the server gave it, and what it says of one exchange.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};

use gateway::http::openapi;
use jsonschema::Validator;
use serde_json::{Map, Value, json};

use crate::support::{TestApp, client};

/// Headers that are not worth a line in the document: HTTP's own, and those of every response.
const PLAIN: [&str; 12] = [
    "cache-control",
    "connection",
    "content-length",
    "content-security-policy",
    "content-type",
    "cross-origin-resource-policy",
    "date",
    "transfer-encoding",
    "upgrade",
    "x-accel-buffering",
    "x-content-type-options",
    "x-frame-options",
];

/// What is sent.
pub struct Asked<'a> {
    pub method: &'a str,
    /// The path as the document has it.
    pub of: &'a str,
    /// The path with its query.
    pub path: &'a str,
    pub headers: &'a [(&'a str, &'a str)],
    pub body: Option<&'a Value>,
}

impl<'a> Asked<'a> {
    pub fn post(of: &'a str, path: &'a str, body: &'a Value) -> Self {
        Self {
            method: "post",
            of,
            path,
            headers: &[],
            body: Some(body),
        }
    }

    pub fn get(of: &'a str, path: &'a str) -> Self {
        Self {
            method: "get",
            of,
            path,
            headers: &[],
            body: None,
        }
    }
}

/// What came back, and was found to be as the document says.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    /// The document; of a stream each event or line.
    pub values: Vec<Value>,
}

/// The document.
pub struct Contract {
    document: Value,
    validators: Mutex<HashMap<String, Arc<Validator>>>,
    /// Method, path and content type of every good answer so far.
    seen: Mutex<BTreeSet<(String, String, String)>>,
}

impl Contract {
    /// What the code says, which is what is committed and served.
    pub fn of_the_code() -> Self {
        Self {
            document: serde_json::from_str(&openapi::document()).unwrap(),
            validators: Mutex::default(),
            seen: Mutex::default(),
        }
    }

    pub fn document(&self) -> &Value {
        &self.document
    }

    /// Every operation: method, path, and what is said of it.
    pub fn operations(&self) -> impl Iterator<Item = (&str, &str, &Value)> {
        let paths = self.document["paths"].as_object().unwrap();
        paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().unwrap();
            methods
                .iter()
                .map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
        })
    }

    /// Follows a reference, where there is one.
    pub fn resolved<'v>(&'v self, value: &'v Value) -> &'v Value {
        let Some(reference) = value["$ref"].as_str() else {
            return value;
        };
        let place = reference.trim_start_matches('#');
        let found = self.document.pointer(place);
        found.unwrap_or_else(|| panic!("there is no {reference}"))
    }

    /// A validator of a schema of this document. Making one takes a while, so each is made once.
    pub fn validator(&self, schema: &Value) -> Arc<Validator> {
        let text = schema.to_string();
        let mut made = self.validators.lock().unwrap();
        if let Some(validator) = made.get(&text) {
            return Arc::clone(validator);
        }
        let mut whole = schema.as_object().cloned().unwrap_or_default();
        if text.contains("$ref") {
            let schemas = &self.document["components"]["schemas"];
            whole.insert("components".to_owned(), json!({ "schemas": schemas }));
        }
        let validator = jsonschema::draft202012::options().build(&whole.into());
        let validator = Arc::new(validator.unwrap_or_else(|error| panic!("{error}")));
        made.insert(text, Arc::clone(&validator));
        validator
    }

    /// Whether a value is as this schema says.
    pub fn check(&self, schema: &Value, values: &[Value], what: &str) {
        let validator = self.validator(schema);
        for value in values {
            let wrong: Vec<String> = validator
                .iter_errors(value)
                .map(|error| format!("{} ({})", error, error.instance_path()))
                .collect();
            assert!(wrong.is_empty(), "{what}: {value:#}\n{}", wrong.join("\n"));
        }
    }

    fn operation(&self, method: &str, path: &str) -> &Value {
        let operation = &self.document["paths"][path][method];
        assert!(operation.is_object(), "{method} {path} is not described");
        operation
    }

    /// Sends a request that is as the document says, and holds its answer against it.
    pub async fn ask(&self, app: &TestApp, key: &str, asked: &Asked<'_>) -> Told {
        let operation = self.operation(asked.method, asked.of);
        let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
        match asked.body {
            Some(body) if schema.is_object() => {
                self.check(schema, std::slice::from_ref(body), asked.path);
            }
            Some(_) | None => assert!(schema.is_null() == asked.body.is_none() || asked.method == "post"),
        }
        self.ask_wrongly(app, key, asked).await
    }

    /// The same with a request that need not be as the document says.
    pub async fn ask_wrongly(&self, app: &TestApp, key: &str, asked: &Asked<'_>) -> Told {
        let what = format!("{} {}", asked.method, asked.path);
        let method = asked.method.to_ascii_uppercase();
        let mut request = app.http().request(method.parse().unwrap(), app.url(asked.path));
        if !key.is_empty() {
            request = request.bearer_auth(key);
        }
        for (name, value) in asked.headers {
            request = request.header(*name, *value);
        }
        request = match asked.body {
            Some(body) => request.json(body),
            None if asked.method == "post" => request.json(&json!({})),
            None => request,
        };
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let operation = self.operation(asked.method, asked.of);
        let said = self.resolved(&operation["responses"][status.to_string()]);
        assert!(said.is_object(), "{what}: {status} is not described");
        for (name, value) in response.headers() {
            let header = self.resolved(&said["headers"][name.as_str()]);
            if header.is_null() {
                assert!(PLAIN.contains(&name.as_str()), "{what}: {status} with {name}");
                continue;
            }
            let text = value.to_str().unwrap();
            let value = match header["schema"]["type"].as_str() {
                Some("integer") => json!(text.parse::<u64>().unwrap()),
                _ => json!(text),
            };
            self.check(&header["schema"], &[value], &format!("{what}: {name}"));
        }
        let content_type = response
            .headers()
            .get("content-type")
            .map(|value| value.to_str().unwrap())
            .and_then(|value| value.split(';').next())
            .unwrap_or_default()
            .to_owned();
        let body = response.text().await.unwrap();
        if asked.method == "head" {
            assert!(body.is_empty(), "{what}: {body}");
            return Told {
                status,
                values: Vec::new(),
            };
        }
        if content_type.is_empty() {
            assert!(said["content"].is_null() && body.is_empty(), "{what}: {status}");
            return Told {
                status,
                values: Vec::new(),
            };
        }
        let schema = &said["content"][&content_type]["schema"];
        assert!(
            schema.is_object(),
            "{what}: {status} as {content_type} is not described"
        );
        let values = values(&content_type, &body);
        assert!(!values.is_empty(), "{what}: {body}");
        self.check(schema, &values, &format!("{what}: {status} as {content_type}"));
        if status == 200 {
            let entry = (asked.method.to_owned(), asked.of.to_owned(), content_type.clone());
            self.seen.lock().unwrap().insert(entry);
        }
        Told { status, values }
    }

    /// Good answers that are described and that nobody has seen.
    pub fn unseen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        let mut unseen = Vec::new();
        for (method, path, operation) in self.operations().filter(|(method, _, _)| *method != "head") {
            let content = &operation["responses"]["200"]["content"];
            for content_type in content.as_object().into_iter().flat_map(Map::keys) {
                let entry = (method.to_owned(), path.to_owned(), content_type.clone());
                if !seen.contains(&entry) {
                    unseen.push(format!("{method} {path} as {content_type}"));
                }
            }
        }
        unseen
    }
}

/// The document of a body, its events or its lines.
pub fn values(content_type: &str, body: &str) -> Vec<Value> {
    let json = |text: &str| serde_json::from_str(text).unwrap_or_else(|_| panic!("not JSON: {text}"));
    match content_type {
        "application/json" => vec![json(body)],
        "application/x-ndjson" => body.lines().map(json).collect(),
        "text/event-stream" => {
            // those that have a name stand behind it
            let unnamed = body.split("\n\n").map(|event| match event.split_once('\n') {
                Some((name, data)) if name.starts_with("event: ") => data,
                Some(_) | None => event,
            });
            let data = client::events(&unnamed.collect::<Vec<_>>().join("\n\n"));
            data.iter()
                .map(|data| data.trim_end())
                .filter(|data| *data != "[DONE]")
                .map(|data| json(data))
                .collect()
        }
        _ => vec![json!(body)],
    }
}
