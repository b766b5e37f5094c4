package io.kiln.evaluation.images;

import io.kiln.schemas.Sha256;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * A number for each image id, by which anchors are chosen: those with the lowest stay. That is an
 * even sample of all ids that have come, whatever their order, and however often one comes (Cohen
 * and Kaplan, "Summarizing data using bottom-k sketches", PODC 2007).
 */
public final class AnchorKey {
    private static final String PURPOSE = "ANCHOR:";

    private AnchorKey() {}

    /** The first 64 bits of the SHA-256 of "ANCHOR:" and the id, big-endian, signed. */
    public static long of(String imageId) {
        byte[] text = (PURPOSE + imageId).getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.wrap(Sha256.digest().digest(text)).getLong();
    }
}
