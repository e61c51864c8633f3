use kvit_domain::id::PaymentId;
use proptest::prelude::*;

use super::*;
use crate::outgoing::OutgoingId;

const NOW: Timestamp = Timestamp::UNIX_EPOCH;

fn talk() -> Talk {
    Talk::Payment(PaymentId::new(1207).unwrap())
}

fn me() -> UserId {
    UserId::Person(uuid::Uuid::from_u128(7))
}

/// What may happen while the lines are read; the number says to which message.
#[derive(Debug, Clone)]
enum Step {
    /// Its call is made.
    Sent(usize),
    /// It is read in the talk: for the first time, or as a copy of the front proxy's.
    Read(usize),
    /// Nothing is heard of it.
    Silence(usize),
    /// It was refused, or so it seems.
    Refused(usize),
    /// Messages are claimed for what they are of.
    Claimed,
    /// The other side says something.
    Answered,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => (0usize..3).prop_map(Step::Sent),
        3 => (0usize..3).prop_map(Step::Read),
        1 => (0usize..3).prop_map(Step::Silence),
        1 => (0usize..3).prop_map(Step::Refused),
        2 => Just(Step::Claimed),
        1 => Just(Step::Answered),
    ];
    proptest::collection::vec(step, 0..8)
}

/// A talk with three messages of the person's own on their way.
struct Chat {
    store: Store,
    outbox: Outbox,
    own: Vec<OutgoingId>,
    messages: Vec<Message>,
}

impl Chat {
    fn new() -> Self {
        let store = Store::in_memory(NOW).unwrap();
        let outbox = Outbox::kept_in(store.clone()).unwrap();
        let own = (0..3).map(|number: usize| {
            let id = OutgoingId::new_v4();
            let one = Outgoing::new(id, talk(), number.to_string(), Vec::new(), NOW);
            outbox.add(one).unwrap();
            id
        });
        Self {
            own: own.collect(),
            store,
            outbox,
            messages: Vec::new(),
        }
    }

    fn say(&mut self, author: Option<UserId>, text: String) {
        let number = u64::try_from(self.messages.len()).unwrap() + 1;
        self.messages.push(Message {
            id: MessageId::new(number).unwrap(),
            created: NOW,
            author,
            text,
            pictures: Vec::new(),
        });
    }

    fn take(&mut self, steps: &[Step]) {
        for step in steps {
            let change = |one: usize, change: &dyn Fn(&mut Outgoing)| {
                self.outbox.change(self.own[one], change).unwrap();
            };
            match step {
                Step::Sent(one) => {
                    let mark = self.messages.last().map(|message| message.id);
                    change(*one, &|one| one.sending(mark, NOW));
                }
                Step::Silence(one) => change(*one, &|one| one.silence(FaultCode::TimedOut.into())),
                Step::Refused(one) => change(*one, &|one| one.refused(FaultCode::ServerSaid.into())),
                Step::Read(one) => {
                    if self.outbox.get(self.own[*one]).unwrap().sent_off.is_some() {
                        self.say(Some(me()), one.to_string());
                    }
                }
                Step::Answered => self.say(None, "Yes?".to_owned()),
                Step::Claimed => {
                    for id in &self.own {
                        let claimed = self.outbox.claimed(talk()).unwrap();
                        let one = self.outbox.get(*id).unwrap();
                        let copies = one.copies_among(&self.messages, &claimed, me());
                        self.outbox
                            .change(*id, |one| one.take_in_copies(&copies))
                            .unwrap();
                    }
                }
            }
        }
    }

    /// The messages as they are now.
    fn found(&self) -> Found {
        let kept = |message: &Message| KeptMessage {
            message: message.clone(),
            first_seen: NOW,
            former: Vec::new(),
        };
        let all = |number| MessageId::new(number).unwrap();
        let repetitions = self.store.repetitions(talk(), all(1), all(1_000)).unwrap();
        Found {
            total: u64::try_from(self.messages.len()).unwrap(),
            messages: self.messages.iter().map(kept).collect(),
            repetitions: repetitions.into_iter().collect(),
            earlier: false,
            later: false,
        }
    }
}

proptest! {
    /// Whatever happens before, between and after the reads: each of the person's messages is there once, as a message
    /// or on its way, and says how often it came; what the other side said is there as often as it said it.
    #[test]
    fn each_line_is_in_one_place(before in steps(), between in steps(), after in steps()) {
        let mut chat = Chat::new();
        chat.take(&before);
        let on_their_way = chat.outbox.of(talk()).unwrap();
        chat.take(&between);
        let mut found = chat.found();
        let read = chat.messages.clone();
        chat.take(&after);
        let left = found.without_messages(&chat.outbox, talk(), on_their_way, Some(me())).unwrap();
        let lines = found.lines(left, Some(me())).lines;
        for (number, id) in chat.own.iter().enumerate() {
            let text = number.to_string();
            let copies = read.iter().filter(|message| message.text == text).count();
            let shown: Vec<&TalkLine> = lines
                .iter()
                .filter(|line| match line {
                    TalkLine::Message { message, .. } => message.text == text,
                    TalkLine::Outgoing(outgoing) => outgoing.id == *id,
                })
                .collect();
            prop_assert_eq!(shown.len(), 1, "{} {:?}", text, lines);
            match shown[0] {
                TalkLine::Message { mine, repeats, .. } => {
                    prop_assert!(*mine && usize::try_from(*repeats).unwrap() + 1 >= copies, "{:?}", lines);
                }
                TalkLine::Outgoing(outgoing) => {
                    prop_assert!(copies == 0 && outgoing.message().is_none(), "{:?}", lines);
                }
            }
        }
        let theirs = |line: &&TalkLine| matches!(line, TalkLine::Message { mine: false, .. });
        prop_assert_eq!(
            lines.iter().filter(theirs).count(),
            read.iter().filter(|message| message.author.is_none()).count()
        );
    }
}

/// What was taken back or deleted meanwhile is nowhere.
#[test]
fn what_was_taken_back_meanwhile_is_not_shown() {
    let chat = Chat::new();
    let on_their_way = chat.outbox.of(talk()).unwrap();
    chat.outbox.take_back(chat.own[1]).unwrap();
    let mut found = chat.found();
    let left = found
        .without_messages(&chat.outbox, talk(), on_their_way, Some(me()))
        .unwrap();
    let left: Vec<OutgoingId> = left.iter().map(|one| one.id).collect();
    assert_eq!(left, [chat.own[0], chat.own[2]]);
}
