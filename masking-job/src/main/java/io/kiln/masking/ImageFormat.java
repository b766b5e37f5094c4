package io.kiln.masking;

import java.util.Optional;

/** Picture formats, told by their first bytes, never by a name. */
enum ImageFormat {
    JPEG("jpeg"),
    PNG("png"),
    GIF("gif"),
    BMP("bmp"),
    WEBP("webp");

    private final String imageIoName;

    ImageFormat(String imageIoName) {
        this.imageIoName = imageIoName;
    }

    /** Name by which ImageIO finds a reader. */
    String imageIoName() {
        return imageIoName;
    }

    static Optional<ImageFormat> of(byte[] bytes) {
        if (starts(bytes, 0, 0xff, 0xd8, 0xff)) {
            return Optional.of(JPEG);
        }
        if (starts(bytes, 0, 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n')) {
            return Optional.of(PNG);
        }
        if (starts(bytes, 0, 'G', 'I', 'F', '8')) {
            return Optional.of(GIF);
        }
        if (starts(bytes, 0, 'B', 'M')) {
            return Optional.of(BMP);
        }
        if (starts(bytes, 0, 'R', 'I', 'F', 'F') && starts(bytes, 8, 'W', 'E', 'B', 'P')) {
            return Optional.of(WEBP);
        }
        return Optional.empty();
    }

    private static boolean starts(byte[] bytes, int at, int... magic) {
        if (bytes.length < at + magic.length) {
            return false;
        }
        for (int i = 0; i < magic.length; i++) {
            if ((bytes[at + i] & 0xff) != magic[i]) {
                return false;
            }
        }
        return true;
    }
}
