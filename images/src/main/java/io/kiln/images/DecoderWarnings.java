package io.kiln.images;

import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageReader;
import javax.imageio.event.IIOReadWarningListener;

/**
 * Takes what decoders say of a damaged image while they fill in grey and go on: such an image is
 * refused, unless the policy is to take it. Bytes that are only in the way between a JPEG's
 * segments harm no pixel and are let pass.
 */
final class DecoderWarnings implements IIOReadWarningListener {
    private static final String DAMAGED_JPEG = "Corrupt JPEG data";
    private static final String HARMLESS = "extraneous bytes";
    private static final String ENDS_EARLY = "premature end";

    private final List<String> messages = new ArrayList<>();

    @Override
    public void warningOccurred(ImageReader source, String warning) {
        messages.add(warning);
    }

    void clear() {
        messages.clear();
    }

    /**
     * @throws BadImageException if pixels were lost and the policy does not allow that
     */
    void requireNone(ImageReaders.Codec codec, DamagePolicy policy) throws BadImageException {
        if (policy == DamagePolicy.TAKE) {
            return;
        }
        for (String message : messages) {
            if (message.contains(ENDS_EARLY)) {
                throw new BadImageException(ImageDefect.TRUNCATED, codec + ": " + message);
            }
            if (message.startsWith(DAMAGED_JPEG) && !message.contains(HARMLESS)) {
                throw new BadImageException(ImageDefect.UNDECODABLE, codec + ": " + message);
            }
        }
    }
}
