package io.kiln.encoder;

/** An encoder cannot be loaded or run, or there is none. The message says which, and why. */
public final class EncoderException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    EncoderException(String message) {
        super(message);
    }

    EncoderException(String message, Throwable cause) {
        super(message, cause);
    }
}
