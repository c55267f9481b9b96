//! The sign-in page: plain HTML, no script, everything the user typed escaped.

use super::authorize::AuthorizeRequest;

/// Forms are allowed by whoever shows one.
pub(super) const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none';";

pub(super) fn sign_in(
    request: &AuthorizeRequest,
    known: Option<&str>,
    users: &[String],
    problem: Option<&str>,
) -> String {
    let hidden = hidden_fields(request);
    let mut choices = String::new();
    if let Some(name) = known {
        choices.push_str(&choice(&hidden, name, &format!("Continue as {}", escaped(name)), true));
    }
    let others: String = users
        .iter()
        .filter(|user| Some(user.as_str()) != known)
        .map(|user| choice(&hidden, user, &escaped(user), false))
        .collect();
    if !others.is_empty() {
        let heading = if known.is_some() { "Other users here" } else { "Users here" };
        choices.push_str(&format!("<h2>{heading}</h2><div class=\"users\">{others}</div>"));
    }
    let problem = problem.map(|text| format!("<p class=\"problem\" role=\"alert\">{text}</p>"));
    let problem = problem.unwrap_or_default();
    let heading = if choices.is_empty() { "" } else { "<h2>Somebody new</h2>" };
    let autofocus = if known.is_some() { "" } else { "autofocus" };
    document(
        "Sign in",
        &format!(
            "<h1>Sign in</h1>\
             <p>This is your own machine. Pick any name: each one has its own agent, and \
             there is no password.</p>\
             {choices}{heading}\
             <form method=\"post\" action=\"/oidc/authorize\">{hidden}\
             <label for=\"name\">Name</label>\
             <input id=\"name\" name=\"name\" required maxlength=\"64\" autocomplete=\"username\" \
             autocapitalize=\"none\" spellcheck=\"false\" placeholder=\"for example, ana\" {autofocus}>\
             {problem}<button type=\"submit\">Sign in</button></form>\
             <p class=\"note\">Local development sign-in. In the cloud, Amazon Cognito asks for a \
             password here.</p>"
        ),
    )
}

pub(super) fn message(title: &str, text: &str) -> String {
    document(title, &format!("<h1>{}</h1><p>{}</p>", escaped(title), escaped(text)))
}

fn choice(hidden: &str, name: &str, label: &str, focus: bool) -> String {
    let name = escaped(name);
    let (class, focus) = if focus { ("primary", "autofocus") } else { ("user", "") };
    format!(
        "<form method=\"post\" action=\"/oidc/authorize\">{hidden}\
         <button class=\"{class}\" name=\"name\" value=\"{name}\" {focus}>{label}</button></form>"
    )
}

fn hidden_fields(request: &AuthorizeRequest) -> String {
    let fields = serde_json::to_value(request).expect("strings serialize");
    let fields = fields.as_object().expect("a struct is an object").clone();
    let field = |(name, value): (String, serde_json::Value)| {
        let value = escaped(value.as_str().unwrap_or_default());
        format!("<input type=\"hidden\" name=\"{name}\" value=\"{value}\">")
    };
    fields.into_iter().map(field).collect()
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{} · OpenClaw</title><link rel=\"stylesheet\" href=\"/oidc/style.css\"></head>\
         <body><main>{body}</main></body></html>",
        escaped(title)
    )
}

pub(super) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_request_carries_cannot_become_markup() {
        let request = AuthorizeRequest {
            state: "\"><script>alert(1)</script>".into(),
            ..AuthorizeRequest::default()
        };
        let page = sign_in(&request, Some("<b>"), &["'x".into()], None);
        assert!(
            !page.contains("<script>") && !page.contains("<b>") && !page.contains("'x"),
            "{page}"
        );
    }
}
