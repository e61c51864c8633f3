//! The judge here is a small ledger of its own, written from the tables of sections 1 and 13.3: it moves the three
//! parts of a balance step by step and rounds fees as the server does.

use proptest::prelude::*;

use super::*;

/// Something that happens between two readings.
#[derive(Debug, Clone, Copy)]
enum Step {
    Pay {
        unit: i64,
        pieces: u32,
    },
    Receive {
        unit: i64,
        pieces: u32,
        private: bool,
    },
    Sell {
        amount: i64,
        open: bool,
    },
    Buy {
        amount: i64,
        open: bool,
    },
    PayByDeal {
        amount: i64,
        short: i64,
    },
    Initiate {
        amount: i64,
        gives: bool,
        elsewhere: bool,
    },
    Operation {
        amount: i64,
        left: bool,
    },
    Confirm,
    Arrive(i64),
    Other(i64),
}

fn step() -> impl Strategy<Value = Step> {
    let amount = 100i64..1_000_000;
    prop_oneof![
        (amount.clone(), 1u32..50).prop_map(|(unit, pieces)| Step::Pay { unit, pieces }),
        (amount.clone(), 1u32..50, any::<bool>()).prop_map(|(unit, pieces, private)| {
            Step::Receive {
                unit,
                pieces,
                private,
            }
        }),
        (amount.clone(), any::<bool>()).prop_map(|(amount, open)| Step::Sell { amount, open }),
        (amount.clone(), any::<bool>()).prop_map(|(amount, open)| Step::Buy { amount, open }),
        (amount.clone(), -50i64..50).prop_map(|(amount, short)| Step::PayByDeal { amount, short }),
        (amount.clone(), any::<bool>(), any::<bool>()).prop_map(|(amount, gives, elsewhere)| {
            Step::Initiate {
                amount,
                gives,
                elsewhere,
            }
        }),
        (amount.clone(), any::<bool>()).prop_map(|(amount, left)| Step::Operation { amount, left }),
        Just(Step::Confirm),
        amount.prop_map(Step::Arrive),
        (-1_000_000i64..1_000_000).prop_map(Step::Other),
    ]
}

/// The marketplace's books: confirmed, unconfirmed, deposited.
#[derive(Debug, Clone, Copy)]
struct Books {
    confirmed: i64,
    unconfirmed: i64,
    deposited: i64,
    /// Of the unconfirmed, what had come before the first reading: a deposit that comes and is confirmed in between
    /// is announced by nothing.
    confirmable: i64,
}

impl Books {
    fn carry_out(&mut self, step: Step) -> Option<Movement> {
        match step {
            Step::Pay { unit, pieces } => {
                self.confirmed -= unit * i64::from(pieces);
                Movement::of_payment(&payment(ME, THEM, unit, pieces), ME)
            }
            Step::Receive {
                unit,
                pieces,
                private,
            } => {
                let mut received = payment(THEM, ME, unit, pieces);
                received.invoice.private = private;
                let fee = if private {
                    0
                } else {
                    percent(unit) * i64::from(pieces)
                };
                self.confirmed += unit * i64::from(pieces) - fee;
                Movement::of_payment(&received, ME)
            }
            Step::Sell { amount, open } => {
                let locked = amount + percent(amount);
                self.confirmed -= locked;
                self.deposited += locked;
                if !open {
                    self.deposited -= locked;
                }
                let status = if open {
                    DealStatus::Opened
                } else {
                    DealStatus::Completed
                };
                Movement::of_deal(&deal(ME, THEM, false, amount, status), ME)
            }
            Step::Buy { amount, open } => {
                if !open {
                    self.confirmed += amount - percent(amount);
                }
                let status = if open {
                    DealStatus::Disputed
                } else {
                    DealStatus::Completed
                };
                Movement::of_deal(&deal(ME, THEM, true, amount, status), ME)
            }
            Step::PayByDeal { amount, short } => {
                self.confirmed += amount - short;
                self.confirmed -= amount;
                let mut paid = payment(ME, THEM, amount, 1);
                let mut funds = deal(THEM, ME, false, amount - short, DealStatus::Completed);
                funds.payment = Some(paid.id);
                assert_eq!(Movement::of_deal(&funds, ME), None);
                paid.deal = Some(Box::new(funds));
                Movement::of_payment(&paid, ME)
            }
            Step::Initiate {
                amount,
                gives,
                elsewhere,
            } => {
                if !elsewhere {
                    self.confirmed += if gives { -amount } else { amount };
                }
                Movement::of_deal(&deal(THEM, ME, gives, amount, DealStatus::Completed), ME)
            }
            Step::Operation { amount, left } => {
                self.confirmed -= if left { amount } else { 0 };
                Some(Movement::spent(sats(amount)).perhaps())
            }
            Step::Confirm => {
                self.confirmed += self.confirmable;
                self.unconfirmed -= self.confirmable;
                self.confirmable = 0;
                None
            }
            Step::Arrive(amount) => {
                self.unconfirmed += amount;
                None
            }
            Step::Other(amount) => {
                self.confirmed += amount;
                Some(Movement::other(amount, amount))
            }
        }
    }

    fn balance(self) -> Balance {
        balance(self.confirmed, self.unconfirmed, self.deposited)
    }
}

proptest! {
    #[test]
    fn honest_books_are_explained_and_others_are_not(
        steps in proptest::collection::vec(step(), 0..25),
        unconfirmed in 0i64..1_000_000,
        stolen in 1i64..1_000_000,
    ) {
        let mut books = Books { confirmed: 10_000_000_000, unconfirmed, deposited: 0, confirmable: unconfirmed };
        let before = books.balance();
        let movements: Vec<Movement> = steps.iter().filter_map(|step| books.carry_out(*step)).collect();
        let honest = reckon(before, books.balance(), &movements);
        prop_assert!(honest.explains(), "{honest:?}");

        // Whatever lies outside of the range by so much is said to be so much.
        let mut robbed = books;
        let slack = i64::try_from(honest.found - honest.expected_low).unwrap();
        robbed.confirmed -= slack + stolen;
        prop_assert_eq!(reckon(before, robbed.balance(), &movements).unexplained(), -i128::from(stolen));
        let mut given = books;
        let slack = i64::try_from(honest.expected_high - honest.found).unwrap();
        given.confirmed += slack + stolen;
        prop_assert_eq!(reckon(before, given.balance(), &movements).unexplained(), i128::from(stolen));
    }

    #[test]
    fn settled_movements_of_ones_own_leave_no_slack(
        amounts in proptest::collection::vec((100i64..1_000_000, any::<bool>()), 0..25),
    ) {
        let mut books = Books { confirmed: 10_000_000_000, unconfirmed: 0, deposited: 0, confirmable: 0 };
        let before = books.balance();
        let movements: Vec<Movement> = amounts
            .iter()
            .filter_map(|(amount, sell)| books.carry_out(if *sell {
                Step::Sell { amount: *amount, open: false }
            } else {
                Step::Pay { unit: *amount, pieces: 1 }
            }))
            .collect();
        let exact = reckon(before, books.balance(), &movements);
        prop_assert_eq!(exact.expected_low, exact.expected_high);
        prop_assert_eq!(exact.found, exact.expected_low);
    }

    #[test]
    fn no_fee_of_the_server_is_above_the_bound(amount in 0i64..=MAX_SATS, pieces in 0u32..=u32::MAX) {
        let mut received = payment(THEM, ME, 100, 1);
        received.amount = sats(amount);
        received.pieces = pieces;
        let (low, high) = range_of(&received).unwrap();
        prop_assert!(0 <= low && low <= high && high == i128::from(amount));
        let unit = amount / i64::from(pieces.max(1));
        prop_assert!(i128::from(amount) - low >= (i128::from(percent(unit)) * i128::from(pieces)).min(i128::from(amount)));
    }
}
