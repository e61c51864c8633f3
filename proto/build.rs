//! Compiles the contract without a system `protoc`.

fn main() -> Result<(), Box<dyn std::error::Error>> {
    println!("cargo:rerun-if-changed=contract");
    let descriptors = protox::compile(["trade.proto"], ["contract"])?;
    let out = std::path::PathBuf::from(std::env::var("OUT_DIR")?);
    std::fs::write(
        out.join("descriptors.bin"),
        prost::Message::encode_to_vec(&descriptors),
    )?;
    tonic_prost_build::configure()
        .build_client(std::env::var_os("CARGO_FEATURE_CLIENT").is_some())
        .build_server(std::env::var_os("CARGO_FEATURE_SERVER").is_some())
        // A payment holds its deal and a deal its payment; and events hold everything.
        .boxed(".CoreSchema.V1.InvoicePayment.NullableDeal.Deal")
        .boxed(".CoreSchema.V1.Deal.NullablePayment.Payment")
        .compile_fds(descriptors)?;
    Ok(())
}
