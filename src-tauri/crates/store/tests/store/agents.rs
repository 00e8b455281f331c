//! Agents, providers, client keys, prices: what the user sets up.

use domain::{
    AgentDraft, AuthScheme, BaseUrl, Budget, BudgetPeriod, ClientKey, ClientKeyDigest, FailureKind,
    InstructionsMerge, Money, Params, Price, Provider, Quirks, Rates, SavedDraft, Slug, StorePolicy, Target,
    Timestamp, ToolsMerge, Transport, Wire,
};
use store::{Record, table};

use crate::support::{TestStore, agent_id, key_id};

fn draft(slug: &str) -> AgentDraft {
    AgentDraft {
        slug: Slug::new(slug).unwrap(),
        name: slug.to_uppercase(),
        icon: domain::Icon::default(),
        instructions: "Be brief.".into(),
        target: Target::parse("openai/gpt-4o-mini").unwrap(),
        fallbacks: vec![],
        params: Params::default(),
        description: String::new(),
        locked: vec![],
        instructions_merge: InstructionsMerge::Append,
        tools_merge: ToolsMerge::Merge,
        cache: domain::CacheMarks::Off,
        budgets: Vec::new(),
        limits: Rates::default(),
        timeouts: domain::Timeouts::default(),
        tools: Vec::new(),
        run: domain::RunLimits::default(),
        knowledge: Vec::new(),
        tool_first: false,
        memory: domain::MemoryRules::default(),
        compaction: domain::Compaction::default(),
        folders: Vec::new(),
    }
}

#[tokio::test]
async fn an_agent_keeps_its_history() {
    let store = TestStore::new();
    store
        .write(|tx| {
            let id = agent_id(1);
            let made = table::agents::create(tx, &id, &draft("reviewer"), Timestamp(1))?;
            assert_eq!(table::agents::get(tx, &id)?, Some(made.clone()));
            assert_eq!(table::agents::by_slug(tx, "ReViewer")?, Some(made));

            let renamed = table::agents::update(tx, &id, Some(1), &draft("critic"), Timestamp(2))?;
            assert_eq!((renamed.revision, renamed.created_at), (2, Timestamp(1)));
            assert_eq!(table::agents::list(tx)?, [renamed]);
            assert_eq!(table::agents::by_slug(tx, "reviewer")?, None);

            let stale = table::agents::update(tx, &id, Some(1), &draft("late"), Timestamp(3));
            assert_eq!(stale.unwrap_err().kind(), FailureKind::Conflict);
            let first = table::agents::revision(tx, &id, 1)?.unwrap();
            assert_eq!(first.draft, draft("reviewer"));
            let numbers: Vec<_> = table::agents::history(tx, &id)?
                .iter()
                .map(|r| r.revision)
                .collect();
            assert_eq!(numbers, [2, 1]);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_agent_frees_its_name_and_comes_back_when_it_can() {
    let store = TestStore::new();
    store
        .write(|tx| {
            let (one, two) = (agent_id(1), agent_id(2));
            table::agents::create(tx, &one, &draft("same"), Timestamp(1))?;
            let taken = table::agents::create(tx, &two, &draft("same"), Timestamp(1)).unwrap_err();
            assert_eq!(
                (taken.kind(), taken.param()),
                (FailureKind::Conflict, Some("slug"))
            );
            table::agents::delete(tx, &one, Timestamp(2))?;
            assert_eq!(table::agents::get(tx, &one)?, None);
            assert_eq!(table::agents::list_deleted(tx)?.len(), 1);
            table::agents::create(tx, &two, &draft("same"), Timestamp(3))?;
            let blocked = table::agents::restore(tx, &one).unwrap_err();
            assert_eq!(blocked.kind(), FailureKind::Conflict);
            table::agents::delete(tx, &two, Timestamp(4))?;
            assert_eq!(table::agents::restore(tx, &one)?.id, one);
            let gone = table::agents::delete(tx, &two, Timestamp(5)).unwrap_err();
            assert_eq!(gone.kind(), FailureKind::ModelNotFound);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_draft_is_published_as_it_was_read_or_not_at_all() {
    let store = TestStore::new();
    store
        .write(|tx| {
            let id = agent_id(1);
            table::agents::create(tx, &id, &draft("reviewer"), Timestamp(1))?;
            let saved = |at, slug| SavedDraft {
                agent: agent_id(1),
                based_on: Some(1),
                saved_at: Timestamp(at),
                draft: draft(slug),
            };
            let (read, newer) = (saved(2, "critic"), saved(3, "judge"));
            table::agent_drafts::save(tx, &read, None)?;
            table::agent_drafts::save(tx, &newer, Some(Timestamp(2)))?;
            let late = table::agent_drafts::save(tx, &read, Some(Timestamp(2)));
            assert_eq!(late.unwrap_err().kind(), FailureKind::Conflict);
            let stale = table::agent_drafts::publish(tx, &read, &read.draft, None, Timestamp(4));
            assert_eq!(stale.unwrap_err().kind(), FailureKind::Conflict);
            assert_eq!(table::agents::get(tx, &id)?.map(|agent| agent.revision), Some(1));
            let made = table::agent_drafts::publish(tx, &newer, &newer.draft, Some(1), Timestamp(5))?;
            assert_eq!((made.revision, made.draft), (2, draft("judge")));
            assert_eq!(table::agent_drafts::list(tx)?, []);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn providers_and_prices_come_back_as_they_were() {
    let store = TestStore::new();
    let mut provider = Provider {
        id: Slug::new("local").unwrap(),
        kind: "custom".into(),
        name: "Local".into(),
        wire: Wire::OpenAiChat,
        transport: Transport::Http {
            base_url: BaseUrl::parse("http://127.0.0.1:9/v1").unwrap(),
        },
        auth: AuthScheme::Bearer,
        headers: vec![("x-a".into(), "b".into())],
        quirks: Quirks::default(),
        timeouts: domain::Timeouts::default(),
        ca: None,
        key_hint: None,
        created_at: Timestamp(5),
    };
    let price = Price {
        input: 1,
        cached_input: 2,
        cache_write: 3,
        output: 4,
        as_of: Timestamp(6),
        origin: "user".into(),
    };
    store
        .write(move |tx| {
            table::providers::insert(tx, &provider)?;
            let twice = table::providers::insert(tx, &provider).unwrap_err();
            assert_eq!(twice.kind(), FailureKind::Conflict);
            provider.key_hint = Some("…abcd".into());
            table::providers::update(tx, &provider)?;
            assert_eq!(table::providers::get(tx, &provider.id)?, provider);
            assert_eq!(table::providers::list(tx)?, [provider.clone()]);
            table::providers::remove(tx, &provider.id)?;
            let gone = table::providers::get(tx, &provider.id).unwrap_err();
            assert_eq!(gone.kind(), FailureKind::NotFound);

            let target = Target::parse("local/some/model").unwrap();
            table::prices::set(tx, &target, &price)?;
            assert_eq!(table::prices::get(tx, &target)?, Some(price.clone()));
            assert_eq!(table::prices::list(tx)?, [(target.clone(), price)]);
            table::prices::remove(tx, &target)?;
            assert_eq!(table::prices::get(tx, &target)?, None);
            Ok(())
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn client_keys_are_kept_as_digests() {
    let store = TestStore::new();
    let key = |n| ClientKey {
        id: key_id(n),
        name: format!("key {n}"),
        icon: Some("🔧".into()),
        anonymous: false,
        hint: "abcd".into(),
        agents: vec![agent_id(1)],
        raw_models: true,
        default_agent: None,
        catch_all: None,
        aliases: vec![("gpt-4".into(), Slug::new("reviewer").unwrap())],
        origins: vec![],
        budgets: vec![
            Budget {
                cap: Money(5),
                per: BudgetPeriod::Day,
            },
            Budget {
                cap: Money(50),
                per: BudgetPeriod::Month,
            },
        ],
        session_budget: Some(Money(1)),
        rates: Rates {
            rpm: Some(60),
            ..Rates::default()
        },
        no_tools: false,
        tool_caps: vec![],
        store: StorePolicy::All,
        expires_at: None,
        created_at: Timestamp(1),
        last_used_at: None,
        last_used_by: None,
        revoked_at: None,
    };
    let (one, two) = (key(1), key(2));
    let digest = |n| ClientKeyDigest([n; 32]);
    {
        let (one, two) = (one.clone(), two.clone());
        store
            .write(move |tx| {
                table::client_keys::insert(tx, &digest(1), &one)?;
                table::client_keys::insert(tx, &digest(2), &two)?;
                let same = table::client_keys::insert(tx, &digest(2), &key(3)).unwrap_err();
                assert_eq!(same.kind(), FailureKind::Conflict);
                table::client_keys::revoke(tx, &two.id, Timestamp(9))?;
                table::client_keys::revoke(tx, &two.id, Timestamp(10))
            })
            .await
            .unwrap();
    }
    let used = |at, by: Option<&str>| Record::ClientKeyUsed {
        id: key_id(1),
        at: Timestamp(at),
        by: by.map(str::to_owned),
    };
    store
        .commit(vec![used(20, Some("codex")), used(15, None)])
        .await
        .unwrap();
    let loaded = store.read(table::client_keys::load).await.unwrap();
    let expected = [
        (
            digest(1),
            ClientKey {
                last_used_at: Some(Timestamp(20)),
                last_used_by: Some("codex".into()),
                ..one
            },
        ),
        (
            digest(2),
            ClientKey {
                revoked_at: Some(Timestamp(9)),
                ..two
            },
        ),
    ];
    assert_eq!(loaded, expected);
}
