//! Secrets and settings of the deployment, in SSM's parameter store.

use aws_sdk_ssm::Client;
use aws_sdk_ssm::operation::get_parameter::GetParameterError;
use platform::{Result, Unavailable};

use crate::aws::Aws;

pub struct Parameters {
    client: Client,
}

impl Parameters {
    pub fn new(client: Client) -> Self {
        Self { client }
    }

    pub fn of(aws: &Aws) -> Self {
        Self::new(aws.ssm())
    }

    /// Decrypted. `None`: there is no such parameter.
    pub async fn get(&self, name: &str) -> Result<Option<String>> {
        let request = self.client.get_parameter().name(name).with_decryption(true);
        match request.send().await {
            Ok(found) => Ok(found.parameter.and_then(|parameter| parameter.value)),
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetParameterError::is_parameter_not_found) =>
            {
                Ok(None)
            }
            Err(error) => Err(Unavailable::new("parameters.get", error)),
        }
    }
}
