//! The compiled contract against the published one (`fixtures/wire-contract.json`), field by field, both ways: what is
//! missing here, what is here only, and what differs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing
)]

use std::collections::BTreeMap;

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorSet};
use serde_json::Value;

const PUBLISHED: &str = include_str!("../fixtures/wire-contract.json");
const PACKAGE: &str = "CoreSchema.V1";

/// A contract as flat lines: where something is, to what it is. Equal contracts have equal lines.
type Lines = BTreeMap<String, String>;

/// Every difference, one sentence each.
fn differences(published: &Lines, ours: &Lines) -> Vec<String> {
    let mut found = Vec::new();
    for (place, what) in published {
        match ours.get(place) {
            None => found.push(format!("{place} is missing: {what}")),
            Some(other) if other != what => {
                found.push(format!("{place} is published as {what} and is {other} here"));
            }
            Some(_) => {}
        }
    }
    for (place, what) in ours {
        if !published.contains_key(place) {
            found.push(format!("{place} is here only: {what}"));
        }
    }
    found
}

fn put(lines: &mut Lines, place: String, what: String) {
    assert!(
        lines.insert(place.clone(), what).is_none(),
        "{place} is there twice"
    );
}

// The published contract.

fn published() -> Lines {
    let all: Value = serde_json::from_str(PUBLISHED).unwrap();
    let mut lines = Lines::new();
    put(
        &mut lines,
        "package".into(),
        all["package"].as_str().unwrap().into(),
    );
    for (message, fields) in all["messages"].as_object().unwrap() {
        put(&mut lines, format!("message {message}"), "a message".into());
        for field in fields.as_array().unwrap() {
            let field = field.as_array().unwrap();
            assert!((3..=4).contains(&field.len()), "{message}: {field:?}");
            let text = |at: usize| field[at].as_str().unwrap();
            let oneof = field
                .get(3)
                .map(|name| format!(" in oneof {}", name.as_str().unwrap()))
                .unwrap_or_default();
            let number = field[0].as_u64().unwrap();
            put(
                &mut lines,
                format!("field {message}.{number}"),
                format!("{} {}{oneof}", text(2), text(1)),
            );
        }
    }
    for (name, values) in all["enums"].as_object().unwrap() {
        put(&mut lines, format!("enum {name}"), "an enum".into());
        for (value, number) in values.as_object().unwrap() {
            put(
                &mut lines,
                format!("value {name}.{}", number.as_i64().unwrap()),
                value.clone(),
            );
        }
    }
    for (service, calls) in all["service"].as_object().unwrap() {
        put(&mut lines, format!("service {service}"), "a service".into());
        for (call, types) in calls.as_object().unwrap() {
            let types = types.as_array().unwrap();
            assert_eq!(types.len(), 2, "{call}");
            put(
                &mut lines,
                format!("rpc {service}.{call}"),
                format!("{} -> {}", types[0].as_str().unwrap(), types[1].as_str().unwrap()),
            );
        }
    }
    lines
}

// Ours.

fn compiled() -> FileDescriptorSet {
    FileDescriptorSet::decode(kvit_proto::DESCRIPTORS).unwrap()
}

/// Everything in the set but Google's own well-known types.
fn described(set: &FileDescriptorSet) -> Lines {
    let mut lines = Lines::new();
    for file in set.file.iter().filter(|file| file.package() != "google.protobuf") {
        assert_eq!(file.syntax(), "proto3", "{}", file.name());
        lines.insert("package".into(), file.package().into());
        for message in &file.message_type {
            describe_message(&mut lines, message, "");
        }
        for one in &file.enum_type {
            describe_enum(&mut lines, one, "");
        }
        for service in &file.service {
            put(
                &mut lines,
                format!("service {}", service.name()),
                "a service".into(),
            );
            for call in &service.method {
                let stream = |on: bool| if on { "stream " } else { "" };
                put(
                    &mut lines,
                    format!("rpc {}.{}", service.name(), call.name()),
                    format!(
                        "{}{} -> {}{}",
                        stream(call.client_streaming()),
                        short(call.input_type()),
                        stream(call.server_streaming()),
                        short(call.output_type())
                    ),
                );
            }
        }
    }
    lines
}

fn describe_message(lines: &mut Lines, message: &DescriptorProto, outer: &str) {
    let name = format!("{outer}{}", message.name());
    put(lines, format!("message {name}"), "a message".into());
    for field in &message.field {
        let oneof = match field.oneof_index {
            Some(_) if field.proto3_optional() => " optional".to_owned(),
            Some(at) => format!(
                " in oneof {}",
                message.oneof_decl[usize::try_from(at).unwrap()].name()
            ),
            None => String::new(),
        };
        put(
            lines,
            format!("field {name}.{}", field.number()),
            format!("{} {}{oneof}", type_of(field, message), field.name()),
        );
    }
    let inside = format!("{name}.");
    for nested in message.nested_type.iter().filter(|nested| !is_map_entry(nested)) {
        describe_message(lines, nested, &inside);
    }
    for nested in &message.enum_type {
        describe_enum(lines, nested, &inside);
    }
}

fn describe_enum(lines: &mut Lines, one: &EnumDescriptorProto, outer: &str) {
    let name = format!("{outer}{}", one.name());
    put(lines, format!("enum {name}"), "an enum".into());
    for value in &one.value {
        put(
            lines,
            format!("value {name}.{}", value.number()),
            value.name().into(),
        );
    }
}

fn is_map_entry(message: &DescriptorProto) -> bool {
    message
        .options
        .as_ref()
        .is_some_and(|options| options.map_entry())
}

fn type_of(field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
    let bare = bare_type(field);
    if field.label() != Label::Repeated {
        return bare;
    }
    let entry = message.nested_type.iter().find(|nested| {
        is_map_entry(nested)
            && field
                .type_name()
                .ends_with(&format!(".{}.{}", message.name(), nested.name()))
    });
    match entry {
        Some(entry) => format!(
            "map<{},{}>",
            bare_type(&entry.field[0]),
            bare_type(&entry.field[1])
        ),
        None => format!("repeated {bare}"),
    }
}

fn bare_type(field: &FieldDescriptorProto) -> String {
    match field.r#type() {
        Type::Message | Type::Enum => short(field.type_name()).to_owned(),
        // `TYPE_SFIXED32` is `sfixed32` in a .proto.
        scalar => scalar.as_str_name().trim_start_matches("TYPE_").to_lowercase(),
    }
}

/// The name as seen from inside the package.
fn short(name: &str) -> &str {
    let name = name.trim_start_matches('.');
    name.strip_prefix(PACKAGE)
        .and_then(|rest| rest.strip_prefix('.'))
        .unwrap_or(name)
}

#[test]
fn our_contract_is_the_published_one() {
    let found = differences(&published(), &described(&compiled()));
    assert!(
        found.is_empty(),
        "{} differences:\n{}",
        found.len(),
        found.join("\n")
    );
}

#[test]
fn the_published_contract_is_whole() {
    let lines = published();
    let count = |kind: &str| lines.keys().filter(|place| place.starts_with(kind)).count();
    assert_eq!(
        (
            count("rpc "),
            count("message "),
            count("enum "),
            count("service ")
        ),
        (84, 127, 9, 1)
    );
    assert_eq!(lines["package"], PACKAGE);
}

#[test]
fn generated_paths_are_the_published_ones() {
    // What travels is the path `/package.Service/Method`; the generated client must spell it as published.
    assert_eq!(
        kvit_proto::v1::trade_api_server::SERVICE_NAME,
        "CoreSchema.V1.TradeApi"
    );
}

// The comparison itself: each kind of deviation is seen, and named.

#[track_caller]
fn one_difference(change: impl FnOnce(&mut FileDescriptorSet), expected: &str) {
    let mut set = compiled();
    change(&mut set);
    let found = differences(&published(), &described(&set));
    assert_eq!(found, [expected], "expected exactly this difference");
}

fn message<'a>(set: &'a mut FileDescriptorSet, name: &str) -> &'a mut DescriptorProto {
    set.file
        .iter_mut()
        .flat_map(|file| &mut file.message_type)
        .find(|m| m.name() == name)
        .unwrap()
}

fn field<'a>(set: &'a mut FileDescriptorSet, of: &str, number: i32) -> &'a mut FieldDescriptorProto {
    message(set, of)
        .field
        .iter_mut()
        .find(|f| f.number() == number)
        .unwrap()
}

#[test]
fn a_renamed_field_is_seen() {
    one_difference(
        |set| field(set, "Balance", 2).name = Some("Unconfirmed".into()),
        "field Balance.2 is published as Decimal UnConfirmed and is Decimal Unconfirmed here",
    );
}

#[test]
fn another_type_is_seen() {
    one_difference(
        |set| field(set, "CancelDealRequest", 1).set_type(Type::Int64),
        "field CancelDealRequest.1 is published as uint64 DealId and is int64 DealId here",
    );
}

#[test]
fn a_repeated_field_is_seen() {
    one_difference(
        |set| field(set, "CancelDealRequest", 1).set_label(Label::Repeated),
        "field CancelDealRequest.1 is published as uint64 DealId and is repeated uint64 DealId here",
    );
}

#[test]
fn a_lost_oneof_is_seen() {
    one_difference(
        |set| field(set, "Advertisement", 24).oneof_index = None,
        "field Advertisement.24 is published as uint32 AutoPriceDelay in oneof AutoPrice and is uint32 AutoPriceDelay here",
    );
}

#[test]
fn a_missing_field_is_seen() {
    one_difference(
        |set| message(set, "Balance").field.retain(|f| f.number() != 3),
        "field Balance.3 is missing: Decimal Deposited",
    );
}

#[test]
fn a_field_of_our_own_is_seen() {
    one_difference(
        |set| {
            let mut extra = field(set, "Balance", 3).clone();
            extra.number = Some(4);
            extra.name = Some("Extra".into());
            message(set, "Balance").field.push(extra);
        },
        "field Balance.4 is here only: Decimal Extra",
    );
}

#[test]
fn a_renamed_enum_value_is_seen() {
    one_difference(
        |set| {
            let statuses = set.file.iter_mut().flat_map(|file| &mut file.enum_type);
            let status = statuses.into_iter().find(|e| e.name() == "DealStatus").unwrap();
            status.value.iter_mut().find(|v| v.number() == 2).unwrap().name = Some("Cancelled".into());
        },
        "value DealStatus.2 is published as Canceled and is Cancelled here",
    );
}

#[test]
fn a_lost_stream_is_seen() {
    one_difference(
        |set| {
            let calls = set
                .file
                .iter_mut()
                .flat_map(|file| &mut file.service)
                .flat_map(|s| &mut s.method);
            calls
                .into_iter()
                .find(|m| m.name() == "SubscribeVariables")
                .unwrap()
                .server_streaming = Some(false);
        },
        "rpc TradeApi.SubscribeVariables is published as google.protobuf.Empty -> stream Variables and is \
         google.protobuf.Empty -> Variables here",
    );
}

#[test]
fn a_missing_rpc_is_seen() {
    one_difference(
        |set| {
            for service in set.file.iter_mut().flat_map(|file| &mut file.service) {
                service.method.retain(|m| m.name() != "IPayed");
            }
        },
        "rpc TradeApi.IPayed is missing: IPayedRequest -> IPayedResponse",
    );
}

#[test]
fn another_package_is_seen() {
    let mut set = compiled();
    for file in set.file.iter_mut().filter(|file| file.package() == PACKAGE) {
        file.package = Some("CoreSchema.V2".into());
    }
    let found = differences(&published(), &described(&set));
    assert_eq!(
        found,
        ["package is published as CoreSchema.V1 and is CoreSchema.V2 here"]
    );
}
