//! Rows P20 and P24 in the real window: letters typed into the search, and pages asked for.

use anyhow::{Context, Result, bail, ensure};
use rand::Rng;
use rand::seq::SliceRandom;
use serde_json::{Value, json};

use super::window::kvit;
use super::{Bench, control, figure, micros};
use crate::figures::{Attempt, Clock, Round, Target};
use crate::page::Page;
use crate::screen::Screen;

/// A window over a store, on a display and a session bus of its own: a second app on the same bus would be the first.
struct Open {
    page: Page,
    _screen: Screen,
    _home: tempfile::TempDir,
}

fn open(bench: &mut Bench, store: &str) -> Result<Open> {
    let (app, home) = kvit(bench, "Kvit", store)?;
    let screen = Screen::start()?;
    let page = Page::of_kvit(&screen, &app)?;
    page.until("document.querySelector('[data-testid=payment-row]')")?;
    Ok(Open {
        page,
        _screen: screen,
        _home: home,
    })
}

/// Milliseconds that a script says it took, as nanoseconds.
fn nanoseconds(answer: &Value) -> Result<f64> {
    let took = answer.as_f64().context("the page gave no time")?;
    ensure!(took > 0.0, "no time passed");
    Ok(took * 1e6)
}

/// Slices there and back in an order drawn for each round; the first round is not counted.
pub fn alternate(
    bench: &mut Bench,
    subjects: usize,
    rounds: usize,
    mut slice: impl FnMut(usize, u32) -> Result<f64>,
) -> Result<Vec<Vec<Round>>> {
    let mut measured = vec![Vec::new(); subjects];
    for round in 0..=rounds {
        let mut order: Vec<usize> = (0..subjects).collect();
        order.shuffle(&mut bench.random);
        let mut first = vec![0.0; subjects];
        let start: u32 = bench.random.random_range(0..50_000);
        for index in order.iter().copied() {
            *first.get_mut(index).context("a subject got lost")? = slice(index, start)?;
        }
        let start: u32 = bench.random.random_range(0..50_000);
        for index in order.into_iter().rev() {
            let back = slice(index, start)?;
            if round > 0 {
                let there = first.get(index).copied().context("a subject got lost")?;
                let rounds = measured.get_mut(index).context("a subject got lost")?;
                rounds.push(Round { there, back });
            }
        }
    }
    Ok(measured)
}

/// Calls in a slice: the clock of WebKit's pages tells whole milliseconds.
const CALLS: u32 = 20;

/// So many calls one after the other; milliseconds for all of them.
const CALL: &str = "
    const invoke = window.__TAURI_INTERNALS__.invoke;
    const query = (from) => ({ query: { direction: null, status: null, text: '', noticedOnly: false, from, count: 50, anchor: null } });
    const account = (await invoke('app_state')).current;
    const begin = performance.now();
    for (let call = 0; call < given.calls; call += 1) {
      if (given.what === 'page') {
        const page = await invoke('payments', query(given.start + 50 * call));
        if (page.rows.length !== 50) throw new Error(`${page.rows.length} rows`);
      } else if (given.what === 'draft') {
        if (await invoke('draft', { account, place: 'nowhere' }) !== '') throw new Error('a draft');
      } else {
        const refused = await invoke('kvit_nothing').then(() => false, () => true);
        if (!refused) throw new Error('there is such a command');
      }
    }
    return performance.now() - begin;";

/// P24: a page by invoke.
pub fn invoke(bench: &mut Bench) -> Result<Attempt> {
    let window = open(bench, "long")?;
    let what = ["page", "page", "nothing", "draft"];
    let rounds = bench.rounds(40, 10);
    let measured = alternate(bench, what.len(), rounds, |index, start| {
        let what = what.get(index).context("a subject got lost")?;
        let given = json!({ "what": what, "calls": CALLS, "start": start });
        Ok(nanoseconds(&window.page.run(CALL, given)?)? / f64::from(CALLS))
    })?;
    let [page, again, nothing, draft] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    Ok(Attempt {
        figures: vec![
            figure("50 rows / an empty invoke", page, nothing, Target::AtMost(1.5))?,
            figure(
                "50 rows / an invoke that reads one row",
                page,
                draft,
                Target::Reported,
            )?,
        ],
        control: Some(control(again, page, Clock::Wall)?),
        notes: vec![format!(
            "50 rows {:.2} ms, empty {:.2} ms, one row {:.2} ms",
            micros(page)? / 1e3,
            micros(nothing)? / 1e3,
            micros(draft)? / 1e3
        )],
    })
}

/// Types one of two words that no payment has both of, until the list shows other rows and they are painted; the time of
/// all the changes together. The field waits 200 ms for more letters: that is left out.
const TYPE: &str = "
    const words = ['Photograph', 'Translation'];
    const field = document.querySelector('[data-testid=payments-search]');
    const set = Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, 'value').set;
    const shown = () => document.querySelector('[data-testid=payment-row]')?.getAttribute('data-id') ?? null;
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    let sum = 0;
    for (let change = 0; change < given.changes; change += 1) {
      const before = shown();
      const begin = performance.now();
      set.call(field, words[change % 2] === field.value ? words[(change + 1) % 2] : words[change % 2]);
      field.dispatchEvent(new Event('input', { bubbles: true }));
      while (shown() === before || shown() === null) {
        if (performance.now() - begin > 20000) throw new Error(`still ${before} under ${field.value}`);
        await frame();
      }
      await frame();
      sum += performance.now() - begin - 200;
    }
    return sum;";

/// Changes of the search in a slice.
const CHANGES: u32 = 4;

/// P20: a letter typed into the search, until its rows are painted.
pub fn typed(bench: &mut Bench) -> Result<(Vec<Vec<Round>>, String)> {
    let windows = [open(bench, "long")?, open(bench, "short")?];
    let [long, short] = &windows;
    let pages = [&long.page, &short.page, &long.page];
    let rounds = bench.rounds(20, 6);
    let measured = alternate(bench, pages.len(), rounds, |index, _| {
        let page = pages.get(index).context("a subject got lost")?;
        Ok(nanoseconds(&page.run(TYPE, json!({ "changes": CHANGES }))?)? / f64::from(CHANGES))
    })?;
    let [of_long, of_short, _] = measured.as_slice() else {
        bail!("a subject got lost");
    };
    let note = format!(
        "until painted in the window {:.0} ms and {:.0} ms",
        micros(of_long)? / 1e3,
        micros(of_short)? / 1e3
    );
    Ok((measured, note))
}
