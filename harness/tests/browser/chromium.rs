//! A real browser without a window, driven over its own pipe: no port, no library, no network.
//!
//! Source: "Chrome DevTools Protocol"; with `--remote-debugging-pipe` the browser reads orders from descriptor 3 and writes
//! answers and events to descriptor 4, each ended by a zero byte.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// Names of the browser, as distributions call it.
const NAMES: [&str; 4] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
];

/// How long an answer may take: the machine may be busy with other tests.
const PATIENCE: Duration = Duration::from_secs(60);

/// Where the browser is; why not, where there is none.
pub fn locate() -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|file| file.is_file())
        .ok_or_else(|| format!("no browser: none of {} is in PATH", NAMES.join(", ")))
}

/// A page in a browser of its own.
pub struct Browser {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    next: u64,
    /// What the browser has told by itself.
    events: Vec<Value>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one and opens a file in it.
    pub fn open(file: &Path) -> Result<Self, String> {
        let program = locate()?;
        let profile = TempDir::new().map_err(|error| error.to_string())?;
        // The page is our own, and containers that run as root have no sandbox for it.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null", "sh"])
            .arg(program)
            .args([
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--remote-debugging-pipe",
                "--window-size=1500,1100",
            ])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| error.to_string())?;
        let orders = child.stdin.take().ok_or("no pipe")?;
        let mut pipe = BufReader::new(child.stdout.take().ok_or("no pipe")?);
        let (send, answers) = channel();
        #[expect(clippy::disallowed_methods, reason = "a browser lives by the wall clock")]
        std::thread::spawn(move || {
            let mut line = Vec::new();
            while pipe.read_until(0, &mut line).is_ok_and(|read| read > 0) {
                let message = serde_json::from_slice(line.strip_suffix(&[0]).unwrap_or(&line));
                if !message.is_ok_and(|message| send.send(message).is_ok()) {
                    break;
                }
                line.clear();
            }
        });
        let mut browser = Self {
            child,
            orders,
            answers,
            session: None,
            next: 0,
            events: Vec::new(),
            _profile: profile,
        };
        let target = browser.order("Target.createTarget", &json!({ "url": "about:blank" }))?;
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = browser.order("Target.attachToTarget", &attach)?;
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            browser.order(&format!("{domain}.enable"), &json!({}))?;
        }
        let file = file.canonicalize().map_err(|error| error.to_string())?;
        let url = format!("file://{}", file.display());
        browser.order("Page.navigate", &json!({ "url": url }))?;
        browser.hear("Page.loadEventFired")?;
        Ok(browser)
    }

    /// Gives an order and waits for its answer.
    pub fn order(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.next += 1;
        let mut order = json!({ "id": self.next, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            order["sessionId"] = json!(session);
        }
        let mut bytes = order.to_string().into_bytes();
        bytes.push(0);
        let written = self.orders.write_all(&bytes).and_then(|()| self.orders.flush());
        written.map_err(|error| format!("{method}: {error}"))?;
        loop {
            let message = self.receive(method)?;
            if message["id"] == self.next {
                return match message.get("error") {
                    Some(error) => Err(format!("{method}: {error}")),
                    None => Ok(message["result"].clone()),
                };
            }
            self.events.push(message);
        }
    }

    fn receive(&mut self, what: &str) -> Result<Value, String> {
        self.answers
            .recv_timeout(PATIENCE)
            .map_err(|error| format!("{what}: the browser does not answer: {error}"))
    }

    /// Waits for an event.
    fn hear(&mut self, method: &str) -> Result<(), String> {
        while !self.events.iter().any(|event| event["method"] == method) {
            let message = self.receive(method)?;
            self.events.push(message);
        }
        Ok(())
    }

    /// The value of an expression in the page.
    pub fn value(&mut self, expression: &str) -> Result<Value, String> {
        let parameters = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true });
        let answer = self.order("Runtime.evaluate", &parameters)?;
        match answer.get("exceptionDetails") {
            Some(exception) => Err(format!("{expression}: {exception}")),
            None => Ok(answer["result"]["value"].clone()),
        }
    }

    /// Lets the page draw what is due.
    pub fn settle(&mut self) -> Result<(), String> {
        let frames =
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))";
        self.value(frames).map(drop)
    }

    /// Presses keys, one after another: a letter, or a name as `Enter`.
    pub fn press(&mut self, keys: &[&str]) -> Result<(), String> {
        for key in keys {
            let text = match *key {
                "Enter" => "\r",
                key if key.chars().count() == 1 => key,
                _ => "",
            };
            // The browser's own keys go by their codes.
            let code = match *key {
                "Enter" => 13,
                "Escape" => 27,
                _ => 0,
            };
            let down = if text.is_empty() { "rawKeyDown" } else { "keyDown" };
            self.order(
                "Input.dispatchKeyEvent",
                &json!({ "type": down, "key": key, "text": text, "windowsVirtualKeyCode": code }),
            )?;
            self.order(
                "Input.dispatchKeyEvent",
                &json!({ "type": "keyUp", "key": key, "windowsVirtualKeyCode": code }),
            )?;
            self.settle()?;
        }
        Ok(())
    }

    /// What the page has asked for beyond itself, and what went wrong in it.
    pub fn complaints(&mut self) -> Result<Vec<String>, String> {
        self.settle()?;
        let complaints = self.events.iter().filter_map(|event| {
            let about = &event["params"];
            match event["method"].as_str()? {
                "Network.requestWillBeSent" => {
                    let is_itself = about["type"] == "Document"
                        && about["request"]["url"].as_str()?.starts_with("file://");
                    (!is_itself).then(|| format!("asks for {}", about["request"]["url"]))
                }
                "Runtime.exceptionThrown" => Some(format!("throws {}", about["exceptionDetails"])),
                "Runtime.consoleAPICalled" => Some(format!("says {}", about["args"])),
                "Log.entryAdded" => Some(format!("logs {}", about["entry"])),
                "Page.javascriptDialogOpening" => Some("opens a dialog".to_owned()),
                _ => None,
            }
        });
        Ok(complaints.collect())
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        self.session = None;
        // It ends by itself, with all of its processes; where it cannot be asked any more, it is ended.
        if self.order("Browser.close", &json!({})).is_err() {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
