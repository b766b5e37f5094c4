package io.kiln.schemas;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Announced changes as bytes, which a trainer keeps in its state. */
public final class Updates {
    static {
        TrustedRecords.declare(); // a fresh task manager reads states before it reads a record
    }

    private Updates() {}

    /** The bytes of an announcement. */
    public static byte[] toBytes(Update update) throws IOException {
        ByteBuffer buffer = update.toByteBuffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }

    /**
     * Reads what {@link #toBytes} gave.
     *
     * @throws IOException if the bytes are something else
     */
    public static Update fromBytes(byte[] bytes) throws IOException {
        return Update.fromByteBuffer(ByteBuffer.wrap(bytes));
    }
}
