//! Events as the gateways make them, cut down to what is in each.

use serde_json::{Value, json};

/// An HTTP API with payload format 2.0, behind its own domain, in the stage without a name.
pub(crate) fn http(method: &str, path: &str) -> Value {
    json!({
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": "",
        "headers": {"host": "id.execute-api.us-east-1.amazonaws.com", "x-forwarded-proto": "https"},
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "http": {
                "method": method, "path": path, "protocol": "HTTP/1.1",
                "sourceIp": "192.0.2.7", "userAgent": "tried",
            },
            "requestId": "gateway-id",
            "stage": "$default",
            "timeEpoch": 1_583_348_638_390_u64,
        },
        "isBase64Encoded": false,
    })
}

/// A function URL: the same format, another domain.
pub(crate) fn function_url(method: &str, path: &str) -> Value {
    let mut event = http(method, path);
    event["headers"]["host"] = json!("id.lambda-url.us-east-1.on.aws");
    event["requestContext"]["domainName"] = json!("id.lambda-url.us-east-1.on.aws");
    event
}

/// A REST API, in the stage `prod`.
pub(crate) fn rest(method: &str, path: &str) -> Value {
    json!({
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "id.execute-api.us-east-1.amazonaws.com"},
        "multiValueHeaders": {"Host": ["id.execute-api.us-east-1.amazonaws.com"]},
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": {
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "httpMethod": method,
            "identity": {"sourceIp": "2001:db8::7"},
            "path": format!("/prod{path}"),
            "protocol": "HTTP/1.1",
            "requestId": "gateway-id",
            "stage": "prod",
        },
        "body": null,
        "isBase64Encoded": false,
    })
}

/// A load balancer whose target group has fields of one value.
pub(crate) fn balancer(method: &str, path: &str) -> Value {
    json!({
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:group"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": {},
        "headers": {"host": "lb.example.org", "x-forwarded-proto": "http"},
        "body": "",
        "isBase64Encoded": false,
    })
}
