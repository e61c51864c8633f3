//! A page under a driver: Kvit's own window through WebKit's, or a page in Chromium through its. Scripts run in the
//! page; what they measure, they measure by the page's clock.

use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::program::{Program, Running};
use crate::screen::Screen;

/// How long a script may take.
const PATIENCE: Duration = Duration::from_secs(120);

/// An open page. Dropping it ends the driver and whatever it started.
pub struct Page {
    runtime: tokio::runtime::Runtime,
    client: Client,
    _driver: Running,
}

impl Page {
    /// The window of Kvit over a home, on a display of its own.
    pub fn of_kvit(screen: &Screen, app: &Program) -> Result<Self> {
        let capabilities = json!({
            "webkitgtk:browserOptions": { "binary": app.path, "args": app.arguments },
        });
        let driver = Program {
            name: "WebKitWebDriver",
            path: PathBuf::from("WebKitWebDriver"),
            arguments: Vec::new(),
            home: app.home.clone(),
            driver: true,
        };
        Self::open(screen, driver, capabilities)
    }

    /// Chromium without a window of its own, at an address.
    pub fn of_chromium(screen: &Screen, browser: &Path, address: &str) -> Result<Self> {
        let capabilities = json!({
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": browser,
                "args": [
                    "--headless=new",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-dev-shm-usage",
                    "--window-size=1180,780",
                ],
            },
        });
        let driver = Program {
            name: "chromedriver",
            path: PathBuf::from("chromedriver"),
            arguments: Vec::new(),
            home: None,
            driver: true,
        };
        let page = Self::open(screen, driver, capabilities)?;
        page.runtime.block_on(page.client.goto(address))?;
        Ok(page)
    }

    fn open(screen: &Screen, mut driver: Program, capabilities: Value) -> Result<Self> {
        let port = free_port()?;
        driver.arguments.push(format!("--port={port}"));
        let running = driver.start(screen)?;
        let began = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            ensure!(began.elapsed() < PATIENCE, "{} does not answer", driver.name);
            std::thread::sleep(Duration::from_millis(50));
        }
        let Value::Object(capabilities) = capabilities else {
            bail!("no capabilities");
        };
        let runtime = crate::line::runtime()?;
        let client = runtime
            .block_on(
                ClientBuilder::new(HttpConnector::new())
                    .capabilities(capabilities)
                    .connect(&format!("http://127.0.0.1:{port}")),
            )
            .with_context(|| format!("{} opens nothing", driver.name))?;
        runtime.block_on(client.update_timeouts(fantoccini::wd::TimeoutConfiguration::new(
            Some(PATIENCE),
            Some(PATIENCE),
            None,
        )))?;
        Ok(Self {
            runtime,
            client,
            _driver: running,
        })
    }

    /// Runs the body of an async function in the page with these arguments as `given`; what it returns.
    pub fn run(&self, body: &str, given: Value) -> Result<Value> {
        let script = format!(
            "const given = arguments[0], done = arguments[arguments.length - 1];
             (async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
        );
        let answer = self
            .runtime
            .block_on(self.client.execute_async(&script, vec![given]))?;
        if let Some(error) = answer.get("error").and_then(Value::as_str) {
            bail!("the page says: {error}");
        }
        Ok(answer.get("value").cloned().unwrap_or_default())
    }

    /// Waits until something is so in the page: an expression that is true.
    pub fn until(&self, expression: &str) -> Result<()> {
        let began = Instant::now();
        while began.elapsed() < PATIENCE {
            if self
                .run(&format!("return Boolean({expression})"), Value::Null)
                .ok()
                == Some(Value::Bool(true))
            {
                return Ok(());
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        bail!("in vain: {expression}")
    }
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
