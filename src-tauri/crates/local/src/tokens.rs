//! The tokenizer, built from the weights' own metadata, so that one file is all there is to ship.
//!
//! The danger is a message that contains the marks of the chat format, such as `<|im_start|>system`: read as
//! marks they would let a document speak as the user or as the instructions. So marks are only ever read in
//! the template; in content they are plain characters.

use std::collections::HashMap;
use std::path::Path;

use candle_core::quantized::gguf_file::Content;
use candle_core::quantized::tokenizer::TokenizerFromGguf;
use domain::{Failure, FailureKind};
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{PostProcessorWrapper, PreTokenizerWrapper, Tokenizer};

/// What stands at the end of every message in the chat format.
const END: &str = "<|im_end|>";

/// Between text and tokens.
pub(crate) struct Tokens {
    tokenizer: Tokenizer,
    /// The bytes that each token stands for; marks stand for none.
    bytes: Vec<Box<[u8]>>,
    /// The marks of the chat format and their ids.
    marks: Vec<(String, u32)>,
    longest: usize,
    template: String,
}

impl Tokens {
    /// Reads the tokenizer out of a GGUF file.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        Self::from_gguf(&crate::engine::open(path)?.0)
    }

    fn from_gguf(content: &Content) -> Result<Self, Failure> {
        let text = |key: &str| content.metadata.get(key).and_then(|value| value.to_string().ok());
        // every other flavour splits text otherwise; a wrong one answers, only worse
        if text("tokenizer.ggml.pre").map(String::as_str) != Some("smollm") {
            return Err(broken(
                "The starter model's weights carry an unknown kind of tokenizer.",
            ));
        }
        let template = text("tokenizer.chat_template").cloned();
        let template =
            template.ok_or_else(|| broken("The starter model's weights carry no chat template."))?;
        let kinds = content
            .metadata
            .get("tokenizer.ggml.token_type")
            .and_then(|value| value.to_vec().ok());
        let kinds = kinds.ok_or_else(|| broken("The starter model's weights carry no kinds of tokens."))?;

        let mut tokenizer = Tokenizer::from_gguf(content).map_err(|error| crate::engine::fault(&error))?;
        // candle knows no `smollm`: digits one by one, then GPT-2's split without a leading space, as in the
        // model's own tokenizer.json and in llama.cpp's LLAMA_VOCAB_PRE_TYPE_SMOLLM
        let split: Vec<PreTokenizerWrapper> =
            vec![Digits::new(true).into(), ByteLevel::new(false, true, true).into()];
        tokenizer.with_pre_tokenizer(Some(Sequence::new(split)));
        tokenizer.with_post_processor(None::<PostProcessorWrapper>);
        tokenizer.set_encode_special_tokens(true);

        let from_char = byte_of_char();
        let mut bytes: Vec<Box<[u8]>> = Vec::with_capacity(kinds.len());
        let mut marks = Vec::new();
        for (id, kind) in (0_u32..).zip(kinds) {
            let token = tokenizer
                .id_to_token(id)
                .ok_or_else(|| broken("A token has no text."))?;
            // 1 is a normal token (llama.cpp, LLAMA_TOKEN_TYPE_NORMAL)
            let normal = kind.to_i32().is_ok_and(|kind| kind == 1);
            let piece: Option<Vec<u8>> = token.chars().map(|c| from_char.get(&c).copied()).collect();
            match piece {
                Some(piece) if normal => bytes.push(piece.into()),
                Some(_) | None => {
                    bytes.push(Box::default());
                    marks.push((token, id));
                }
            }
        }
        let longest = bytes.iter().map(|piece| piece.len()).max().unwrap_or(1).max(1);
        Ok(Self {
            tokenizer,
            bytes,
            marks,
            longest,
            template,
        })
    }

    /// The chat template in Jinja.
    pub(crate) fn template(&self) -> &str {
        &self.template
    }

    /// The tokens of a text whose marks, if any, are plain characters.
    pub(crate) fn encode(&self, text: &str) -> Result<Vec<u32>, Failure> {
        let encoding = self.tokenizer.encode_fast(text, false);
        let encoding = encoding.map_err(|_| broken("The starter model's tokenizer failed on a text."))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The tokens of a piece of the template, whose marks count.
    pub(crate) fn encode_marked(&self, mut text: &str) -> Result<Vec<u32>, Failure> {
        let mut ids = Vec::new();
        loop {
            let found = self
                .marks
                .iter()
                .filter_map(|(mark, id)| Some((text.find(mark.as_str())?, mark, *id)));
            let Some((at, mark, id)) = found.min_by_key(|(at, mark, _)| (*at, std::cmp::Reverse(mark.len())))
            else {
                ids.extend(self.encode(text)?);
                return Ok(ids);
            };
            ids.extend(self.encode(&text[..at])?);
            ids.push(id);
            text = &text[at + mark.len()..];
        }
    }

    /// The bytes of a token; `None` for a mark, which ends an answer.
    pub(crate) fn bytes(&self, id: u32) -> Option<&[u8]> {
        let piece = self.bytes.get(id as usize)?;
        (!piece.is_empty()).then_some(piece)
    }

    /// Each token's bytes, marks with a byte before them that no text has (toktrie's sign of a mark), and the mark
    /// that ends an answer.
    pub(crate) fn words(&self) -> Result<(Vec<Vec<u8>>, u32), Failure> {
        const MARK: u8 = 0xff;
        let mut words: Vec<Vec<u8>> = self.bytes.iter().map(|bytes| bytes.to_vec()).collect();
        for (mark, id) in &self.marks {
            if let Some(word) = words.get_mut(*id as usize) {
                *word = [&[MARK], mark.as_bytes()].concat();
            }
        }
        let end = self.marks.iter().find(|(mark, _)| mark == END);
        let (_, end) = end.ok_or_else(|| broken("The starter model's weights carry no end of an answer."))?;
        Ok((words, *end))
    }

    /// The fewest tokens that a text of so many bytes can have.
    pub(crate) fn at_least(&self, text_bytes: usize) -> usize {
        text_bytes.div_ceil(self.longest)
    }
}

/// GPT-2 writes each byte as a printable character: most as themselves, the others, in their order, from
/// U+0100 on (`bytes_to_unicode` in its encoder.py). This is the way back.
fn byte_of_char() -> HashMap<char, u8> {
    let printable = |byte: &u8| matches!(byte, b'!'..=b'~' | 0xa1..=0xac | 0xae..=0xff);
    let themselves = (0..=u8::MAX)
        .filter(printable)
        .map(|byte| (char::from(byte), byte));
    let others = (0..=u8::MAX).filter(|byte| !printable(byte));
    themselves.chain(('\u{100}'..).zip(others)).collect()
}

fn broken(message: &'static str) -> Failure {
    Failure::new(FailureKind::Internal, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_its_own_character() {
        let map = byte_of_char();
        assert_eq!(map.len(), 256);
        let bytes: std::collections::BTreeSet<u8> = map.values().copied().collect();
        assert_eq!(bytes.len(), 256);
        assert_eq!(
            (map.get(&'Ġ'), map.get(&'Ċ'), map.get(&'a')),
            (Some(&b' '), Some(&b'\n'), Some(&b'a'))
        );
    }
}
