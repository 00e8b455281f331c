//! Pictures that an agent has made: a call of its own at another provider, under the caller's budgets, asked for once.

use domain::{AskReason, Money, Outcome, UseState};
use gateway::control::CallView;
use serde_json::{Value, json};

use super::world::World;
use super::{asks, call};
use crate::support::app::CANARY;
use crate::support::{Provider, Reply};

/// A PNG as far as its first bytes tell.
const PNG: &str = "iVBORw0KGgo=";

fn drawn() -> Value {
    json!({"created": 1, "data": [{"b64_json": PNG, "revised_prompt": "A small fire."}],
        "usage": {"total_tokens": 1_050, "input_tokens": 50, "output_tokens": 1_000}})
}

/// The agent `clerk`, and who draws for it.
async fn world(tools: Value) -> (World, Provider) {
    let world = World::with(tools).await;
    let painter = Provider::start().await;
    world.app.add_provider("paint", &painter).await;
    let _set: Value = world
        .app
        .ask("settings.set", json!({"image_model": "paint/draw-1"}))
        .await;
    (world, painter)
}

/// The model wants a picture and then says `Here.`; the answer, and what the model was told.
async fn ask(world: &World, arguments: &Value) -> (u16, Value, Vec<Value>) {
    let wanted = call("call_1", "make_image", &arguments.to_string());
    world.provider.will(asks("", &[wanted]));
    world.provider.will(Reply::text("Here."));
    let response = world.app.chat(&world.key, &world.question()).await;
    let status = response.status().as_u16();
    let answer: Value = response.json().await.unwrap();
    let told = world.provider.last().json()["messages"]
        .as_array()
        .unwrap()
        .clone();
    (status, answer, told)
}

fn given(told: &[Value]) -> String {
    let tool = told
        .iter()
        .rev()
        .find(|message| message["role"] == "tool")
        .unwrap();
    tool["content"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_is_made_shown_to_the_model_and_a_call_of_its_own() {
    let (world, painter) = world(json!([{"tool": "make_image", "rule": "always"}])).await;
    let price = json!({"target": "paint/draw-1", "input": 5_000_000, "output": 40_000_000});
    let _price: Value = world.app.ask("price.set", price).await;
    painter.will(Reply::json(200, &drawn()));
    let (status, answer, told) = ask(&world, &json!({"prompt": " a fire ", "size": "1024x1536"})).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["choices"][0]["message"]["content"], "Here.");
    assert!(!answer.to_string().contains(PNG), "a program gets words");
    let asked = painter.last();
    assert_eq!(asked.target, "/v1/images/generations");
    assert_eq!(
        asked.json(),
        json!({"model": "draw-1", "prompt": "a fire", "n": 1, "size": "1024x1536"})
    );
    assert_eq!(
        asked.header("authorization"),
        Some(format!("Bearer {CANARY}").as_str())
    );
    assert_eq!(
        given(&told),
        "A picture was made by paint/draw-1 (image/png), and the person is shown it. The model drew: A small fire."
    );
    let shown = &told.last().unwrap()["content"];
    assert!(
        shown
            .to_string()
            .contains(&format!("data:image/png;base64,{PNG}")),
        "{shown}"
    );
    let calls = world.app.calls().await;
    let picture = calls.iter().find(|row| row.call.route == "image").unwrap();
    assert_eq!(picture.cost, Some(Money(40_250)), "50 tokens in and 1000 out");
    assert!(picture.outcome == Some(Outcome::Succeeded));
    let whole = calls.iter().find(|row| row.call.route != "image").unwrap();
    assert_eq!(picture.call.source, whole.call.source, "it is the caller's");
    let record = serde_json::to_string(&world.app.ended_call().await).unwrap();
    assert!(!record.contains(CANARY));
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_told_to_the_model_and_nothing_is_asked_for_twice() {
    let (world, painter) = world(json!([{"tool": "make_image", "rule": "always"}])).await;
    let fire = json!({"prompt": "a fire"});
    let bytes = |data: &str| Reply::json(200, &json!({"data": [{"b64_json": data}]}));
    let url = |url: &str| Reply::json(200, &json!({"data": [{"url": url}]}));
    let too_large = format!("{PNG}{}", "A".repeat(6 << 20));
    for (reply, why) in [
        (
            Reply::refusal(400, "moderation_blocked", "Not this one."),
            "Not this one.",
        ),
        (Reply::refusal(503, "busy", "Busy."), "No picture was made: "),
        (Reply::json(200, &json!({"data": []})), "holds no picture"),
        (bytes("AAAA"), "paid for, but what came is no picture"),
        (bytes("not base64!"), "paid for, but what came is no picture"),
        (bytes(&too_large), "paid for, but it is larger than 3.75 MiB"),
        (
            url(&format!("{}/1.png", painter.origin())),
            "paid for, but its address gave nothing",
        ),
        (
            url("file:///etc/passwd"),
            "paid for, but its address gave nothing",
        ),
    ] {
        let before = painter.asked().len();
        painter.will(reply);
        let (status, answer, told) = ask(&world, &fire).await;
        assert_eq!(status, 200, "{answer}");
        let text = given(&told);
        assert!(text.contains(why), "{text}");
        assert_eq!(painter.asked().len(), before + 1, "{why}");
        assert_eq!(told.last().unwrap()["role"], "tool", "no picture is shown: {why}");
        let calls = world.app.calls().await;
        let run = calls.iter().find(|row| row.call.route != "image").unwrap();
        let run: CallView = world.app.ask("call.get", json!({"call": run.call.id})).await;
        assert_eq!(run.tool_uses[0].state, UseState::Failed, "{why}");
    }
    let before = painter.asked().len();
    for arguments in [
        json!({"prompt": " "}),
        json!({"prompt": "x".repeat(8_001)}),
        json!({"prompt": "x", "size": "big"}),
        json!({"prompt": "x", "size": "0x10"}),
        json!({"prompt": "x", "size": "10x10\", \"n\": 9"}),
        json!({"prompt": "x", "n": 9}),
    ] {
        let (status, _, told) = ask(&world, &arguments).await;
        assert_eq!(status, 200);
        assert!(!given(&told).contains("was made by"), "{arguments}");
    }
    let _set: Value = world.app.ask("settings.set", json!({"image_model": ""})).await;
    let (_, _, told) = ask(&world, &fire).await;
    assert!(given(&told).contains("No model makes pictures here"));
    assert_eq!(painter.asked().len(), before, "nobody was asked");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_asks_first_and_is_paid_by_whoever_asked() {
    let (mut world, painter) = world(json!([{"tool": "make_image"}])).await;
    for (target, output) in [("paint/draw-1", 40_000_000), ("mock/m", 1_000)] {
        let price = json!({"target": target, "input": 1_000, "output": output});
        let _price: Value = world.app.ask("price.set", price).await;
    }
    let key = json!({"name": "poor", "budgets": [{"cap": 30_000, "per": "month"}]});
    world.key = world.app.key_with(key).await;
    let fire = json!({"prompt": "a fire"});
    let denying = async {
        let asked = world.app.wanted().await;
        assert_eq!(asked.reasons, [AskReason::Asks]);
        assert!(asked.arguments.contains("a fire"), "{asked:?}");
        world.app.answer(&asked, "deny").await;
    };
    let ((status, _, told), ()) = tokio::join!(ask(&world, &fire), denying);
    assert_eq!((status, painter.asked().len()), (200, 0));
    assert!(!given(&told).contains("was made"), "{told:?}");
    painter.will(Reply::json(200, &drawn()));
    let allowing = async {
        let asked = world.app.wanted().await;
        world.app.answer(&asked, "once").await;
    };
    let ((status, answer, _), ()) = tokio::join!(ask(&world, &fire), allowing);
    // 40,000 millionths of a dollar are more than the key has, and the run ends with them
    assert_eq!(status, 402, "{answer}");
    let (status, _, _) = ask(&world, &fire).await;
    assert_eq!(status, 402);
    assert_eq!(painter.asked().len(), 1);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_providers_that_make_pictures_are_asked() {
    let (world, painter) = world(json!([{"tool": "make_image", "rule": "always"}])).await;
    let args = json!({"id": "claude", "kind": "custom", "wire": "anthropic-messages", "base_url": painter.base_url(),
        "key": CANARY});
    let _added: Value = world.app.ask("provider.add", args).await;
    let _set: Value = world
        .app
        .ask("settings.set", json!({"image_model": "claude/m"}))
        .await;
    let (status, _, told) = ask(&world, &json!({"prompt": "a fire"})).await;
    assert_eq!(status, 200);
    assert!(
        given(&told).contains("The provider claude makes no pictures."),
        "{told:?}"
    );
    assert_eq!(painter.asked().len(), 0);
    let failure = world
        .app
        .run("settings.set", json!({"image_model": "nobody/m"}))
        .await
        .unwrap_err();
    assert_eq!(failure.param(), Some("image_model"));
    world.app.finish().await;
}
