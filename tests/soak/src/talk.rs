//! Other processes of this program, spoken to in lines of JSON.

use std::marker::PhantomData;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use serde::{Serialize, de::DeserializeOwned};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time;

/// A process: takes orders of type `O`, says words of type `W`.
pub struct Process<O, W> {
    child: Child,
    stdin: Option<ChildStdin>,
    words: mpsc::UnboundedReceiver<W>,
    name: &'static str,
    orders: PhantomData<fn(O)>,
}

impl<O: Serialize, W: DeserializeOwned + Send + 'static> Process<O, W> {
    /// Starts this very program under another subcommand. What it writes to standard error goes to the file `log`.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn start(name: &'static str, arguments: &[&str], log: &Path) -> Result<Self> {
        let program = std::env::current_exe().context("this program has no name")?;
        let mut command = Command::new(program);
        command.arg(name).args(arguments);
        Self::spawn(name, command, log)
    }

    /// Starts any program that talks like this.
    ///
    /// # Errors
    /// It cannot be started.
    pub fn spawn(name: &'static str, mut command: Command, log: &Path) -> Result<Self> {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log)?;
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .with_context(|| format!("the {name} does not start"))?;
        let stdout = child.stdout.take().context("no pipe")?;
        let (said, words) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                // A process that was killed may leave half a line: that is silence.
                let Ok(word) = serde_json::from_str(&line) else {
                    continue;
                };
                if said.send(word).is_err() {
                    return;
                }
            }
        });
        Ok(Self {
            stdin: child.stdin.take(),
            child,
            words,
            name,
            orders: PhantomData,
        })
    }

    /// Gives an order. Whether it arrives is another matter: the process may have been killed.
    pub async fn order(&mut self, order: &O) {
        let Ok(mut line) = serde_json::to_string(order) else {
            return;
        };
        line.push('\n');
        if let Some(stdin) = &mut self.stdin
            && stdin.write_all(line.as_bytes()).await.is_err()
        {
            self.stdin = None;
        }
    }

    /// The next word; `None` once it has ended and all was heard.
    pub async fn word(&mut self) -> Option<W> {
        self.words.recv().await
    }

    /// The next word within `limit`.
    ///
    /// # Errors
    /// Nothing came, or it has ended.
    pub async fn word_within(&mut self, limit: Duration) -> Result<W> {
        match time::timeout(limit, self.words.recv()).await {
            Ok(Some(word)) => Ok(word),
            Ok(None) => bail!("the {} has ended", self.name),
            Err(_) => bail!("the {} says nothing for {limit:?}", self.name),
        }
    }

    /// Gives an order and takes the next word as its answer.
    ///
    /// # Errors
    /// No answer within half a minute.
    pub async fn ask(&mut self, order: &O) -> Result<W> {
        self.order(order).await;
        self.word_within(Duration::from_secs(30)).await
    }

    /// Its number.
    pub fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// SIGKILL, and waits until it is gone.
    pub async fn kill(&mut self) {
        // Fails only when it is gone already.
        let _ = self.child.kill().await;
    }

    /// Ends its standard input, which is the order to end, and waits.
    ///
    /// # Errors
    /// It does not end within `limit`; then it is killed.
    pub async fn end(&mut self, limit: Duration) -> Result<ExitStatus> {
        self.stdin = None;
        match time::timeout(limit, self.child.wait()).await {
            Ok(status) => Ok(status?),
            Err(_) => {
                self.kill().await;
                bail!("the {} does not end", self.name)
            }
        }
    }

    /// How it ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }
}

/// Says a word on standard output, whole and at once: the reader is another process.
pub fn say<W: Serialize>(word: &W) {
    use std::io::Write;
    let Ok(mut line) = serde_json::to_string(word) else {
        return;
    };
    line.push('\n');
    let mut out = std::io::stdout().lock();
    // The one who listens may have gone; then nobody misses it.
    let _ = out.write_all(line.as_bytes()).and_then(|()| out.flush());
}

/// Orders from standard input, until it ends.
pub fn orders<O: DeserializeOwned + Send + 'static>() -> mpsc::UnboundedReceiver<O> {
    let (given, orders) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        let mut lines = BufReader::new(tokio::io::stdin()).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            match serde_json::from_str(&line) {
                Ok(order) => {
                    if given.send(order).is_err() {
                        return;
                    }
                }
                Err(error) => eprintln!("an order was not understood: {error}: {line}"),
            }
        }
    });
    orders
}
