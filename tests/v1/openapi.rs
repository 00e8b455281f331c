//! `GET /openapi.json`: the document and the server say the same, exchange by exchange.

mod answers;
mod contract;
mod document;
mod golden;
mod refusals;
