package io.kiln.encoder;

/** A version's embeddings cannot be taken into the space that was asked for: embed again. */
public final class NoAdapterException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    NoAdapterException(Space version, Space wanted, String reason) {
        super(
                "embeddings of "
                        + version
                        + " cannot be taken into the space "
                        + wanted
                        + ": "
                        + reason
                        + "; embed what you have stored again with "
                        + version
                        + ", and follow in its space");
    }
}
