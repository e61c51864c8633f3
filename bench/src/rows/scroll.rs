//! Row P19: scrolling.

use std::cell::RefCell;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};

use super::page::alternate;
use super::{Bench, control, figure};
use crate::figures::{Attempt, Clock, Figure, Round, Spread, Target, quantile, to_f64};
use crate::page::Page;
use crate::screen::Screen;

/// Ways to scroll.
const WAYS: [&str; 3] = ["line", "page", "drag"];
/// Milliseconds of a slice.
const SLICE: u32 = 2_000;
/// Longer than two refreshes of 60 a second.
const TWO_REFRESHES: f64 = 33.4;

/// The first 50 rows of the list as a page without a program: as it stands, with these rows and nothing that runs.
const STATIC: &str = "
    const list = document.querySelector('.scroller');
    const rows = new Map();
    const height = list.querySelector('[role=option]').getBoundingClientRect().height;
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    for (let from = 0; rows.size < 50; from += 5) {
      if (from > 200) throw new Error(`${rows.size} rows`);
      list.scrollTop = from * height;
      for (let wait = 0; wait < 30; wait += 1) await frame();
      for (const row of list.querySelectorAll('[role=option][data-id]')) {
        const place = Number(row.getAttribute('aria-posinset'));
        if (place <= 50) rows.set(place, row.outerHTML);
      }
    }
    const page = document.documentElement.cloneNode(true);
    for (const gone of page.querySelectorAll('script, link[rel=modulepreload]')) gone.remove();
    const all = page.querySelector('.scroller .all'), some = page.querySelector('.scroller .some');
    all.style.height = `${50 * height}px`;
    some.style.top = '0px';
    some.innerHTML = [...rows.keys()].sort((a, b) => a - b).map((place) => rows.get(place)).join('');
    list.scrollTop = 0;
    return '<!doctype html>' + page.outerHTML;";

/// Scrolls for a while, one step a frame; how long each frame took, and how many rows the document had at most.
const SCROLL: &str = "
    const list = document.querySelector('.scroller');
    const frame = () => new Promise((next) => requestAnimationFrame(next));
    const row = list.querySelector('[role=option]').getBoundingClientRect().height;
    const frames = [], seen = new Set();
    let most = 0, way = 1, count = 0, moved = 0;
    let last = await frame();
    const end = last + given.milliseconds;
    const random = (() => { let state = given.seed + 1; return () => (state = (state * 16807) % 2147483647) / 2147483647; })();
    while (last < end) {
      const before = list.scrollTop, deepest = list.scrollHeight - list.clientHeight;
      if (given.way === 'drag') list.scrollTop = random() * deepest;
      else if (given.way === 'line') list.scrollTop = before + way * row;
      else if (count % 6 === 0) list.scrollTop = before + way * list.clientHeight;
      if (given.way !== 'drag' && (list.scrollTop >= deepest - 1 || list.scrollTop <= 0)) way = list.scrollTop <= 0 ? 1 : -1;
      if (list.scrollTop !== before) moved += 1;
      const now = await frame();
      frames.push(now - last);
      last = now;
      count += 1;
      const options = list.querySelectorAll('[role=option]');
      most = Math.max(most, options.length);
      seen.add(options[0]?.getAttribute('aria-posinset'));
    }
    return { frames, most, moved, seen: seen.size };";

/// What a slice of scrolling says.
struct Slice {
    frames: Vec<f64>,
    most: u64,
}

fn slice(page: &Page, way: &str, seed: u32) -> Result<Slice> {
    let given = json!({ "way": way, "milliseconds": SLICE, "seed": seed });
    let answer = page.run(SCROLL, given)?;
    let number = |name: &str| {
        answer
            .get(name)
            .and_then(Value::as_u64)
            .context("the page counted nothing")
    };
    let frames: Vec<f64> = answer
        .get("frames")
        .and_then(Value::as_array)
        .context("no frames")?
        .iter()
        .filter_map(Value::as_f64)
        .collect();
    ensure!(frames.len() > 5, "{} frames in {SLICE} ms", frames.len());
    ensure!(number("moved")? > 1, "nothing moved");
    Ok(Slice {
        frames,
        most: number("most")?,
    })
}

fn p95(frames: &[f64]) -> Result<f64> {
    let mut sorted = frames.to_vec();
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.95).context("no frames")
}

/// The median of the slices' 95th percentiles, milliseconds.
fn millis(rounds: &[Round]) -> Result<f64> {
    Ok(super::micros(rounds)? / 1e3)
}

/// P19: scrolling through 100,000 rows.
pub fn scroll(bench: &mut Bench) -> Result<Attempt> {
    let named = std::env::var_os("KVIT_CHROMIUM").unwrap_or_else(|| "/usr/bin/chromium".into());
    let browser = std::path::PathBuf::from(named);
    let folder = bench.other(
        "the screens over a made-up backend",
        true,
        crate::build::Builder::screens,
    )?;
    let folder = folder.context("not built")?;
    let address = crate::serving::serve(folder.clone())?;
    let screen = Screen::start()?;
    let list = Page::of_chromium(
        &screen,
        &browser,
        &format!("{address}/fake.html?scenario=many&lang=en&theme=light#/payments"),
    )?;
    list.until("document.querySelector('[data-testid=payments-list]')?.dataset.total > 100000")?;
    let text = list.run(STATIC, Value::Null)?;
    std::fs::write(
        folder.join("static.html"),
        text.as_str().context("the page gave no text")?,
    )?;
    let fixed = Page::of_chromium(&screen, &browser, &format!("{address}/static.html"))?;
    fixed.until("document.querySelectorAll('.scroller [role=option]').length === 50")?;
    // The same words in the same type: a page without its styles would scroll another thing.
    fixed.until(
        "document.querySelector('.scroller').scrollHeight > document.querySelector('.scroller').clientHeight",
    )?;

    // Of each way: the list, the list again, the static page.
    let pages = [&list, &list, &fixed];
    let (counted, most) = (RefCell::new((0_usize, 0_usize)), RefCell::new(0_u64));
    let rounds = bench.rounds(5, 2);
    let measured = alternate(bench, pages.len() * WAYS.len(), rounds, |index, seed| {
        let subject = index.checked_rem(pages.len()).unwrap_or(0);
        let way = WAYS
            .get(index.checked_div(pages.len()).unwrap_or(0))
            .context("a way got lost")?;
        let done = slice(pages.get(subject).context("a page got lost")?, way, seed)?;
        if subject < 2 {
            let mut counted = counted.borrow_mut();
            counted.0 += done.frames.len();
            counted.1 += done.frames.iter().filter(|frame| **frame > TWO_REFRESHES).count();
            let mut most = most.borrow_mut();
            *most = (*most).max(done.most);
        }
        Ok(p95(&done.frames)? * 1e6)
    })?;
    let mut figures = Vec::new();
    let mut times = Vec::new();
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for (way, of_way) in WAYS.iter().zip(measured.chunks(pages.len())) {
        let [kvit, again, fixed] = of_way else {
            bail!("a page got lost");
        };
        figures.push(figure(
            format!("p95 of a frame, by {way}, 100,000 rows / static page"),
            kvit,
            fixed,
            Target::AtMost(1.15),
        )?);
        times.push(format!(
            "{way} {:.1} ms and {:.1} ms",
            millis(kvit)?,
            millis(fixed)?
        ));
        firsts.extend_from_slice(kvit);
        seconds.extend_from_slice(again);
    }
    let (frames, late) = counted.into_inner();
    figures.push(Figure {
        name: "frames longer than two refreshes".to_owned(),
        unit: "%",
        spread: Spread::exact(100.0 * to_f64(late as u64) / to_f64(frames.max(1) as u64)),
        target: Target::AtMost(1.0),
    });
    figures.push(Figure {
        name: "rows in the document at most".to_owned(),
        unit: "rows",
        spread: Spread::exact(to_f64(most.into_inner())),
        target: Target::AtMost(80.0),
    });
    Ok(Attempt {
        figures,
        control: Some(control(&seconds, &firsts, Clock::Wall)?),
        notes: vec![format!("p95 of a frame: {}; {frames} frames", times.join(", "))],
    })
}
