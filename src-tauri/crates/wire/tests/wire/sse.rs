//! The parser of server-sent events (REL-23).

use domain::FailureKind;
use inglenook_wire::sse::{MAX_EVENT, Parser};
use proptest::prelude::*;

use crate::support::cuts;

fn parse<'c>(pieces: impl IntoIterator<Item = &'c [u8]>) -> Vec<(String, String)> {
    let mut parser = Parser::new();
    let mut out = Vec::new();
    let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    for piece in pieces {
        let take = |event: inglenook_wire::sse::Event<'_>| {
            out.push((lossy(event.name), lossy(event.data)));
            Ok(())
        };
        parser.push(piece, take).unwrap();
    }
    let take = |event: inglenook_wire::sse::Event<'_>| {
        out.push((lossy(event.name), lossy(event.data)));
        Ok(())
    };
    parser.finish(take).unwrap();
    out
}

fn expect(body: &str, events: &[(&str, &str)]) {
    let events: Vec<(String, String)> = events
        .iter()
        .map(|(name, data)| ((*name).into(), (*data).into()))
        .collect();
    for pieces in cuts(body.as_bytes()) {
        assert_eq!(
            parse(pieces.iter().copied()),
            events,
            "{body:?} cut into {}",
            pieces.len()
        );
    }
}

#[test]
fn every_way_of_writing_an_event_is_read() {
    expect("data: a\n\ndata: b\n\n", &[("", "a"), ("", "b")]);
    expect("data: a\r\n\r\ndata: b\r\n\r\n", &[("", "a"), ("", "b")]);
    expect("data: a\r\rdata: b\r\r", &[("", "a"), ("", "b")]);
    expect("data:a\n\ndata:  b\n\n", &[("", "a"), ("", " b")]);
    expect("data: a\ndata: b\ndata\ndata:c\n\n", &[("", "a\nb\n\nc")]);
    expect("\u{FEFF}data: a\n\n", &[("", "a")]);
    expect(
        "event: ping\ndata: {}\n\ndata: a\n\n",
        &[("ping", "{}"), ("", "a")],
    );
    expect(
        ": comment\n\n:\ndata: a\n:x\nid: 7\nretry: 1\nfoo\n\n",
        &[("", "a")],
    );
    expect("data:\n\ndata: \n\nevent: x\n\ndata: a\n\n", &[("", "a")]);
    expect("data: \u{1F600}\u{00E9}\n\n", &[("", "\u{1F600}\u{00E9}")]);
    expect("data: a\n\ndata: b", &[("", "a"), ("", "b")]);
    expect("data: a\r\n\r\ndata: b\r\n", &[("", "a"), ("", "b")]);
    expect("", &[]);
}

#[test]
fn events_and_lines_have_a_limit() {
    let chunk = vec![b'x'; 1 << 20];
    let mut parser = Parser::new();
    let mut lines = 0;
    let failure = loop {
        let outcome = parser.push(if lines == 0 { b"data: " } else { &chunk }, |_| Ok(()));
        lines += 1;
        match outcome {
            Ok(()) => assert!(lines < 20, "a line without end must be refused"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.kind(), FailureKind::UpstreamFailed);

    let line = [b"data: ".as_slice(), &chunk, b"\n"].concat();
    let mut parser = Parser::new();
    let refused = (0..MAX_EVENT / chunk.len() + 1).any(|_| parser.push(&line, |_| Ok(())).is_err());
    assert!(refused, "an event without end must be refused");
}

proptest! {
    #[test]
    fn cuts_do_not_matter(
        body in proptest::collection::vec(
            proptest::sample::select(vec!["data", ":", " ", "\n", "\r", "\r\n", "a", "é", "event", "\u{FEFF}", "\n\n"]),
            0..60,
        ),
        cut in proptest::collection::vec(any::<proptest::sample::Index>(), 0..8),
    ) {
        let body = body.concat().into_bytes();
        let whole = parse([body.as_slice()]);
        let mut at: Vec<usize> = cut.iter().map(|index| index.index(body.len() + 1)).collect();
        at.extend([0, body.len()]);
        at.sort_unstable();
        let pieces = at.windows(2).map(|pair| &body[pair[0]..pair[1]]);
        prop_assert_eq!(parse(pieces), whole.clone());
        prop_assert_eq!(parse(body.chunks(1)), whole);
    }
}
