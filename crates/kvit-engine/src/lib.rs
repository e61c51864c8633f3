//! The use cases: connect, browse, pay, deal, verify, keep.
//!
//! A screen asks the [`Engine`]; the engine answers from the store at once, asks the marketplace behind, checks what it
//! says, keeps it, and announces what changed through the [`shell::Shell`]. It is generic over the shell, so it knows
//! neither a window nor Tauri.
//!
//! ```text
//! Engine ── accounts, settings (files) ── vault (tokens, keys of stores)
//!    │
//! OpenAccount: one account whose store is open, connected or not
//!    ├── operations  every act that moves money: prepared, sent, done, refused, unknown
//!    │               (act carries it out, look finds out, journal has it on disk)
//!    ├── payments    the list, one payment, cancel          ├── receipts  the archive
//!    ├── deals       list, chat, "I paid", cancel           ├── money     the map, and whether it adds up
//!    ├── refunds     desk, make, withdraw                   ├── feedback  give it, read it
//!    ├── evidence    what was seen, signed, for others      │
//!    ├── talks       conversations and chats as one list    ├── pictures  beside a message, and what others show
//!    │               (outgoing delivers what the person says, each message once)
//!    └── pay         desk, from balance, by advertisement   └── export    payments for other programs
//!    │
//! Session: its line to the marketplace
//!    ├── listen      events and rates; whose line it is
//!    ├── inbox       stored events: kept, acted on, told, marked
//!    └── sync        everything once, then what is new and what is open
//! ```
//!
//! *Money moves through an operation* ([`operation`]). No money call is ever repeated here. After silence the
//! engine looks until it can tell; while it cannot, the same invoice cannot be paid again. The same holds for what is
//! said: a message is sent once, and looked for.

pub mod account;
mod act;
pub mod catalog;
mod connect;
mod deals;
mod drafts;
mod engine;
mod evidence;
pub mod export;
mod exporting;
mod feedback;
mod files;
mod inbox;
mod journal;
mod kept_fault;
mod listen;
mod look;
mod money;
mod open_account;
mod opening;
pub mod operation;
mod operations;
mod outgoing;
mod pace;
mod pay;
mod payments;
pub mod people;
mod pictures;
mod points;
mod receipts;
mod refunds;
pub mod seal;
mod session;
pub mod settings;
pub mod shell;
mod store_faults;
mod sync;
mod talks;

pub use account::{Account, AccountKind, StorePlace, TokenPlace};
pub use connect::{ConnectRequest, Connector, Keychain, NetConnector, ServerShown};
pub use deals::SeenDeal;
pub use engine::{Engine, EngineParts, EngineState};
pub use evidence::{Evidence, EvidenceItem, EvidencePlan, EvidenceSubject};
pub use feedback::FeedbackPage;
pub use inbox::NEWS_PAGE;
pub use kvit_store::{KeptNews, LastWords, Page as LinesPage, PictureSize, SaidRow, TalksQuery, Unread};
pub use listen::{Connection, ConnectionState};
pub use money::MoneyMap;
pub use opening::{PASSPHRASE_MIN, StoreDoubt, StoreState, StoreStatus};
pub use operation::{Act, Operation, OperationId, OperationState, Step, StepKind};
pub use outgoing::{Outgoing, OutgoingId, OutgoingState, UploadProgress};
pub use pace::Pace;
pub use pay::{AdOffer, AdOffers, PayByDeal, PayDesk, PayEnd, PayFromBalance};
pub use payments::{
    Difference, GivenBack, ListedPayment, Page, PaymentRecord, PaymentsQuery, SeenPayment, Turn, WaitsFor,
    Window, turn_of_deal,
};
pub use pictures::{
    DraftPicture, KnownPicture, NotAPlace, PictureBytes, PicturePlace, PictureSource, PictureStanding,
};
pub use receipts::{ListedReceipt, OpenReceipt, ReceiptsPage};
pub use refunds::{Refund, RefundCost, RefundDesk, RefundMade};
pub use seal::Seal;
pub use settings::{Language, Notifications, Settings, Theme, Unit};
pub use shell::{Practice, PracticeDoor, Shell, Topic};
pub use sync::{SyncProgress, SyncStep};
pub use talks::{Beside, ListedTalk, SeenTalk, TalkDeleted, TalkLine, TalkLines, TalksPage};
