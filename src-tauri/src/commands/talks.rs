//! Conversations and the chats of deals.

use kvit_domain::{
    fault::{Fault as DomainFault, FaultCode},
    id::{InvoiceId, MessageId, UserId},
    message::Talk,
};
use kvit_engine::{
    Beside, ConnectionState, LinesPage, OutgoingId, OutgoingState, TalkLine, account::AccountId,
};
use kvit_view::{
    account::account_id,
    talk::{
        KnownPictures, TalkDetail, TalkEdge, TalkLines, TalkSubject, TalksPage, TalksQuery, lines_within,
        picture_at,
    },
};
use tauri::State;

use super::{Answer, now};
use crate::App;

/// Lines that come with a talk.
const LINES: u32 = 60;
/// Rows of the list at once, at most.
const ROWS: u32 = 100;

/// A window of the list of talks, from the store.
#[tauri::command]
#[specta::specta]
pub async fn talks(app: State<'_, App>, query: TalksQuery) -> Answer<TalksPage> {
    let page = app
        .talks(&query.parse()?, query.from, query.count.clamp(1, ROWS))
        .await?;
    let read = app.state().sync.and_then(|sync| sync.finished);
    Ok(TalksPage::new(&page, query.from, read))
}

/// A talk with its newest lines.
#[tauri::command]
#[specta::specta]
pub async fn talk(app: State<'_, App>, talk: String) -> Answer<TalkDetail> {
    Ok(detail(&app, parse(&talk)?).await?)
}

/// Older or newer lines of a talk.
#[tauri::command]
#[specta::specta]
pub async fn talk_lines(app: State<'_, App>, talk: String, edge: TalkEdge, count: u32) -> Answer<TalkLines> {
    Ok(lines(&app, parse(&talk)?, edge.parse()?, lines_within(count)).await?)
}

/// The talk about something.
#[tauri::command]
#[specta::specta]
pub async fn talk_about(app: State<'_, App>, about: TalkSubject) -> Answer<String> {
    let not_found = || DomainFault::new(FaultCode::InvoiceNotFound);
    let talk = match about {
        TalkSubject::Invoice { id } => {
            let invoice: InvoiceId = id.parse().map_err(|_| not_found())?;
            app.talk_about_invoice(invoice, None).await?
        }
        TalkSubject::Buyer { invoice, buyer } => {
            let invoice: InvoiceId = invoice.parse().map_err(|_| not_found())?;
            let buyer: UserId = buyer
                .parse()
                .map_err(|_| DomainFault::new(FaultCode::UserNotFound))?;
            app.talk_about_invoice(invoice, Some(buyer)).await?
        }
        TalkSubject::Payment { id } => {
            let payment = id
                .parse()
                .map_err(|_| DomainFault::new(FaultCode::PaymentNotFound))?;
            app.talk_about_payment(payment).await?
        }
        TalkSubject::Deal { id } => Talk::Deal(
            id.parse()
                .map_err(|_| DomainFault::new(FaultCode::DealNotFound))?,
        ),
    };
    Ok(talk.to_string())
}

/// Sends words and the pictures of the draft. Answers once it is written down; the rest goes on behind.
#[tauri::command]
#[specta::specta]
pub async fn send_message(
    app: State<'_, App>,
    account: String,
    talk: String,
    text: String,
    pictures: Vec<String>,
) -> Answer<TalkDetail> {
    let talk = parse(&talk)?;
    let account = account_id(&account)?;
    let seen = pictures
        .iter()
        .map(|address| picture_at(address).map(|(_, id)| id))
        .collect::<Result<Vec<_>, _>>()?;
    // What the person saw is what is sent: the draft may have changed in the meantime.
    if app
        .draft_pictures(account, talk)?
        .iter()
        .map(|draft| draft.id)
        .ne(seen)
    {
        return Err(DomainFault::new(FaultCode::PictureNotFound).into());
    }
    app.send_message(account, talk, &text).await?;
    Ok(detail(&app, talk).await?)
}

/// Sends a message again that was not sent.
#[tauri::command]
#[specta::specta]
pub async fn retry_message(app: State<'_, App>, account: String, line: String) -> Answer<TalkDetail> {
    let message = app.retry_message(account_id(&account)?, outgoing(&line)?)?;
    Ok(detail(&app, message.talk).await?)
}

/// Forgets a message that was not sent, or takes one back that has not left yet.
#[tauri::command]
#[specta::specta]
pub async fn drop_message(app: State<'_, App>, account: String, line: String) -> Answer<TalkDetail> {
    let (account, id) = (account_id(&account)?, outgoing(&line)?);
    let message = app.outgoing(id)?;
    if matches!(message.state, OutgoingState::Failed(_)) {
        app.delete_message(account, id)?;
    } else {
        app.take_back_message(account, id)?;
    }
    Ok(detail(&app, message.talk).await?)
}

/// The talk is read up to this message.
#[tauri::command]
#[specta::specta]
pub async fn read_talk(app: State<'_, App>, account: String, talk: String, line: String) -> Answer<()> {
    let message: MessageId = line
        .parse()
        .map_err(|_| DomainFault::new(FaultCode::MessageNotFound))?;
    Ok(app.read_talk(account_id(&account)?, parse(&talk)?, message)?)
}

/// Deletes a talk from the list; a new message brings it back.
#[tauri::command]
#[specta::specta]
pub async fn delete_talk(app: State<'_, App>, account: String, talk: String) -> Answer<()> {
    app.delete_talk(account_id(&account)?, parse(&talk)?).await?;
    Ok(())
}

async fn detail(app: &App, talk: Talk) -> Result<TalkDetail, DomainFault> {
    let seen = app.talk(talk).await?;
    let lines = lines(app, talk, LinesPage::Last, LINES).await?;
    let payment = match &seen.beside {
        // A copy may be missing: the talk is shown all the same.
        Some(Beside::Payment(payment)) => app.payment(payment.id).await.ok(),
        Some(Beside::Invoice(_) | Beside::Deal(_)) | None => None,
    };
    Ok(TalkDetail::new(&seen, lines, payment.as_ref(), now()))
}

async fn lines(app: &App, talk: Talk, page: LinesPage, count: u32) -> Result<TalkLines, DomainFault> {
    let lines = app.talk_lines(talk, page, count).await?;
    let pictures: Vec<_> = lines
        .lines
        .iter()
        .flat_map(|line| match line {
            TalkLine::Message { message, .. } => message.pictures.iter(),
            TalkLine::Outgoing(outgoing) => outgoing.pictures.iter(),
        })
        .copied()
        .collect();
    let known = KnownPictures {
        pictures: app.known_pictures(pictures).await?,
        connected: app.state().connection.state == ConnectionState::Connected,
    };
    Ok(TalkLines::new(talk, &lines, &known, |id| app.upload_progress(id)))
}

pub(super) fn parse(talk: &str) -> Result<Talk, DomainFault> {
    talk.parse().map_err(|_| FaultCode::ConversationNotFound.into())
}

fn outgoing(line: &str) -> Result<OutgoingId, DomainFault> {
    line.parse().map_err(|_| FaultCode::MessageNotFound.into())
}

/// The account and the talk that a request of the page names.
pub(super) fn place(account: &str, talk: &str) -> Result<(AccountId, Talk), DomainFault> {
    Ok((account_id(account)?, parse(talk)?))
}
