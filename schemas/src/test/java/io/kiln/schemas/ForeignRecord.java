package io.kiln.schemas;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Kinds of values that Kiln did not write, whatever topic they lie in. */
public enum ForeignRecord {
    NO_VALUE(null, ""),
    EMPTY(null, ""),
    JUNK(null, ""),
    SHORTER_THAN_ITS_PREFIX(null, ""),
    UNKNOWN_ID(null, ""),
    JSON_SCHEMA(
            "JSON",
            "{\"$schema\": \"http://json-schema.org/draft-07/schema#\", \"type\": \"object\"}"),
    PROTOBUF_SCHEMA("PROTOBUF", "syntax = \"proto3\"; message M { string s = 1; }"),
    SCHEMA_OF_OTHERS(
            "AVRO",
            "{\"type\": \"record\", \"name\": \"Order\", \"fields\":"
                    + " [{\"name\": \"amount\", \"type\": \"long\"}]}"),
    LONG_THAT_IS_NO_RECORD("AVRO", "\"long\""),
    DAMAGED("AVRO", "");

    private static final Pattern ID = Pattern.compile("\"id\"\\s*:\\s*(\\d+)");

    private final @Nullable String type;
    private final String schema;

    ForeignRecord(@Nullable String type, String schema) {
        this.type = type;
        this.schema = schema;
    }

    /**
     * The value of such a record.
     *
     * @param registryUrl where its schema is registered, if it has one
     */
    public byte @Nullable [] value(String registryUrl) {
        return switch (this) {
            case NO_VALUE -> null;
            case EMPTY -> new byte[0];
            case JUNK -> "this is no Avro".getBytes(StandardCharsets.US_ASCII);
            case SHORTER_THAN_ITS_PREFIX -> new byte[] {0, 0, 1};
            case UNKNOWN_ID -> wire(0x7f010101);
            case DAMAGED ->
                    wire(
                            new SchemaRegistry(registryUrl, java.time.Duration.ofSeconds(10))
                                    .register("damaged-value", ImageRecord.getClassSchema()));
            default -> wire(register(registryUrl));
        };
    }

    /** Announces a string of 2^30 bytes and ends. */
    private static byte[] wire(int id) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.write(0);
        bytes.writeBytes(ByteBuffer.allocate(4).putInt(id).array());
        bytes.writeBytes(new byte[] {(byte) 0x80, (byte) 0x80, (byte) 0x80, (byte) 0x80, 0x08, 1});
        return bytes.toByteArray();
    }

    private int register(String registryUrl) {
        String text = schema.replace("\\", "\\\\").replace("\"", "\\\"");
        HttpRequest request =
                HttpRequest.newBuilder(
                                URI.create(
                                        registryUrl + "/subjects/foreign-" + name() + "/versions"))
                        .header("Content-Type", "application/vnd.schemaregistry.v1+json")
                        .POST(
                                HttpRequest.BodyPublishers.ofString(
                                        "{\"schemaType\": \""
                                                + type
                                                + "\", \"schema\": \""
                                                + text
                                                + "\"}"))
                        .build();
        try {
            String answer =
                    HttpClient.newHttpClient()
                            .send(request, HttpResponse.BodyHandlers.ofString())
                            .body();
            Matcher id = ID.matcher(answer);
            if (!id.find()) {
                throw new IllegalStateException("the registry answers " + answer);
            }
            return Integer.parseInt(id.group(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
