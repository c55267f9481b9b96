//! Parameters, decrypted.

use platform_aws::Parameters;
use serde_json::json;

use crate::support::{Answer, Answers, aws_at};

#[tokio::test]
async fn a_parameter_is_asked_for_decrypted() {
    let parameter = json!({ "Name": "/openclaw/model", "Value": "secret", "Type": "SecureString" });
    let server = Answers::start([Answer::ok(json!({ "Parameter": parameter }))]);
    let read = Parameters::of(&aws_at(server.url())).get("/openclaw/model").await;
    assert_eq!(read.expect("answers").as_deref(), Some("secret"));
    let asked = server.asked()[0].json();
    assert_eq!(asked, json!({ "Name": "/openclaw/model", "WithDecryption": true }));
}

#[tokio::test]
async fn a_parameter_that_is_not_there_is_told_from_one_that_cannot_be_read() {
    let read = async |exception| {
        let server = Answers::start([Answer::exception(exception, json!({ "message": "no" }))]);
        Parameters::of(&aws_at(server.url())).get("/openclaw/model").await
    };
    assert_eq!(read("ParameterNotFound").await.expect("answers"), None);
    read("AccessDeniedException").await.expect_err("cannot be read");
}
