package io.kiln.images;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Whether deflated data are whole, told without keeping what they inflate to. */
final class Deflated {
    private static final int BUFFER_BYTES = 1 << 16;

    private Deflated() {}

    /**
     * @param most bytes to inflate; data that hold more are not looked at to their end
     * @return whether the data end as they should, with the right Adler-32 (RFC 1950)
     */
    static boolean isWhole(byte[] data, int from, long most) {
        Inflater inflater = new Inflater();
        try {
            inflater.setInput(data, from, data.length - from);
            byte[] buffer = new byte[BUFFER_BYTES];
            while (!inflater.finished() && inflater.getBytesWritten() <= most) {
                if (inflater.inflate(buffer) == 0 && !inflater.finished()) {
                    return false;
                }
            }
            return inflater.finished();
        } catch (DataFormatException e) {
            return false;
        } finally {
            inflater.end();
        }
    }
}
