//! Serves the files of one folder to a browser on the loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Component, Path, PathBuf};

use anyhow::Result;

/// Longest head of a request that is read.
const HEAD: u64 = 16 * 1024;

/// A folder that is served until this program ends; its address, without a slash at the end.
pub fn serve(folder: PathBuf) -> Result<String> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = format!("http://127.0.0.1:{}", listener.local_addr()?.port());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let folder = folder.clone();
            std::thread::spawn(move || answer(&stream, &folder));
        }
    });
    Ok(address)
}

/// The file that a path of a request means; `None`: it leads elsewhere.
fn file(folder: &Path, asked: &str) -> Option<PathBuf> {
    let path = asked.split(['?', '#']).next()?.trim_start_matches('/');
    let plain = Path::new(path)
        .components()
        .all(|component| matches!(component, Component::Normal(_)));
    (plain && !path.is_empty()).then(|| folder.join(path))
}

fn kind(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript",
        Some("css") => "text/css",
        Some("woff2") => "font/woff2",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

fn answer(stream: &TcpStream, folder: &Path) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.take(HEAD));
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut line = String::new();
    while reader.read_line(&mut line)? > 2 {
        line.clear();
    }
    let asked = first.split(' ').nth(1).unwrap_or_default();
    let found = file(folder, asked).and_then(|path| Some((std::fs::read(&path).ok()?, kind(&path))));
    let mut to = stream;
    match found {
        Some((bytes, kind)) => {
            write!(
                to,
                "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                bytes.len()
            )?;
            to.write_all(&bytes)
        }
        None => write!(
            to,
            "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_in_the_folder_is_served() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("page.html"), "hello").unwrap();
        let address = serve(folder.path().to_owned()).unwrap();
        let ask = |path: &str| {
            let mut stream = TcpStream::connect(address.trim_start_matches("http://")).unwrap();
            write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        };
        assert!(ask("/page.html?scenario=many").ends_with("\r\n\r\nhello"));
        for elsewhere in ["/../page.html", "/nothing.html", "/", "//etc/passwd/.."] {
            assert!(ask(elsewhere).starts_with("HTTP/1.1 404"), "{elsewhere}");
        }
    }
}
