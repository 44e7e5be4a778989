//! A browser at work.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

/// What it is started with: no window, and nobody that it would talk to.
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1300,1600",
    "--remote-debugging-port=0",
    "about:blank",
];

/// A browser with one page; dropping it ends it.
pub(super) struct Chromium {
    child: Child,
    socket: WebSocketStream<TcpStream>,
    session: Option<String>,
    number: u64,
    events: Vec<Value>,
}

impl Chromium {
    /// Starts it; `None`, and a line that says so, where there is none.
    pub(super) async fn start(profile: &Path) -> Option<Self> {
        let mut command = Command::new("chromium");
        command.arg(format!("--user-data-dir={}", profile.display())).args(FLAGS);
        let Ok(mut child) = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn() else {
            println!("skipped: there is no chromium");
            return None;
        };
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let address = lines.find_map(|line| {
            line.unwrap().strip_prefix("DevTools listening on ").map(str::to_owned)
        });
        assert!(address.is_some(), "chromium ended: {:?}", child.wait());
        let address = address.unwrap();
        std::thread::spawn(move || lines.count());
        let host = address.strip_prefix("ws://").unwrap().split('/').next().unwrap();
        let stream = TcpStream::connect(host).await.unwrap();
        let (socket, _) = client_async(&address, stream).await.unwrap();
        let mut own = Self { child, socket, session: None, number: 0, events: Vec::new() };
        own.attach().await;
        Some(own)
    }

    async fn attach(&mut self) {
        let page = self.tell("Target.createTarget", json!({ "url": "about:blank" })).await;
        let page = json!({ "targetId": page["targetId"], "flatten": true });
        let session = self.tell("Target.attachToTarget", page).await;
        self.session = Some(session["sessionId"].as_str().unwrap().to_owned());
        for domain in ["Page", "Runtime", "Log", "Network"] {
            self.tell(&format!("{domain}.enable"), json!({})).await;
        }
    }

    /// Sends a command, and gives its result; events that come before are kept.
    async fn tell(&mut self, method: &str, parameters: Value) -> Value {
        self.number += 1;
        let number = self.number;
        let mut command = json!({ "id": number, "method": method, "params": parameters });
        if let Some(session) = &self.session {
            command["sessionId"] = json!(session);
        }
        self.socket.send(Message::text(command.to_string())).await.unwrap();
        loop {
            let mut said = self.heard().await;
            if said["id"] == number {
                assert!(said.get("error").is_none(), "{method}: {said}");
                return said["result"].take();
            }
            self.events.push(said);
        }
    }

    async fn heard(&mut self) -> Value {
        let said = self.socket.next().await.unwrap().unwrap();
        serde_json::from_str(said.to_text().unwrap()).unwrap()
    }

    /// Opens a page anew, and waits until it is loaded.
    pub(super) async fn open(&mut self, url: &str) {
        self.go("about:blank").await;
        self.go(url).await;
    }

    async fn go(&mut self, url: &str) {
        let loaded = |events: &[Value]| {
            events.iter().filter(|event| event["method"] == "Page.loadEventFired").count()
        };
        let before = loaded(&self.events);
        self.tell("Page.navigate", json!({ "url": url })).await;
        while loaded(&self.events) == before {
            let event = self.heard().await;
            self.events.push(event);
        }
    }

    /// What an expression comes to in the page.
    pub(super) async fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "returnByValue": true });
        let said = self.tell("Runtime.evaluate", asked).await;
        assert!(said.get("exceptionDetails").is_none(), "{expression}: {said}");
        said["result"]["value"].clone()
    }

    /// Waits until an expression is true.
    pub(super) async fn until(&mut self, expression: &str) {
        while self.value(expression).await != true {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Presses a key.
    pub(super) async fn press(&mut self, key: &str) {
        let text = if key == "Enter" { "\r" } else { key };
        let (code, number) = if key == "Enter" { ("Enter", 13) } else { ("Slash", 191) };
        for kind in ["keyDown", "keyUp"] {
            let mut event = json!({
                "type": kind, "key": key, "code": code, "windowsVirtualKeyCode": number,
            });
            if kind == "keyDown" {
                event["text"] = json!(text);
            }
            self.tell("Input.dispatchKeyEvent", event).await;
        }
    }

    /// Writes where the focus is.
    pub(super) async fn write(&mut self, text: &str) {
        self.tell("Input.insertText", json!({ "text": text })).await;
    }

    /// Says which colour scheme its user likes.
    pub(super) async fn prefer(&mut self, scheme: &str) {
        let feature = json!({ "name": "prefers-color-scheme", "value": scheme });
        self.tell("Emulation.setEmulatedMedia", json!({ "features": [feature] })).await;
    }

    /// Runs no script of a page from now on.
    pub(super) async fn without_scripts(&mut self) {
        self.tell("Emulation.setScriptExecutionDisabled", json!({ "value": true })).await;
    }

    /// The page as PNG, also a part of what lies below the window.
    pub(super) async fn picture(&mut self) -> Vec<u8> {
        let size = self.tell("Page.getLayoutMetrics", json!({})).await["cssContentSize"].take();
        let (width, height) = (&size["width"], size["height"].as_f64().unwrap().min(3000.0));
        let clip = json!({ "x": 0, "y": 0, "width": width, "height": height, "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let said = self.tell("Page.captureScreenshot", asked).await;
        STANDARD.decode(said["data"].as_str().unwrap()).unwrap()
    }

    /// What the console was told, what was thrown, which dialogs opened, and what was asked for that
    /// is no page that was opened.
    pub(super) fn troubles(&self) -> Vec<String> {
        let is_trouble = |event: &&Value| match event["method"].as_str().unwrap_or_default() {
            "Runtime.consoleAPICalled"
            | "Runtime.exceptionThrown"
            | "Log.entryAdded"
            | "Page.javascriptDialogOpening" => true,
            "Network.requestWillBeSent" => event["params"]["type"] != "Document",
            _ => false,
        };
        self.events.iter().filter(is_trouble).map(Value::to_string).collect()
    }

    pub(super) async fn close(mut self) {
        self.session = None;
        self.tell("Browser.close", json!({})).await;
        let _status = self.child.wait().unwrap();
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _gone = self.child.kill();
        let _gone = self.child.wait();
    }
}
