//! What is peculiar to chat completions: dialects of providers, reasoning, and fields that only ride along.

mod carried;
mod cohere;
mod dialects;
mod reasoning;
