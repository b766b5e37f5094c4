package io.kiln.model.torch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs TorchScript source into the archive that libtorch loads: a zip of stored entries holding
 * the code, a pickled object without fields, and no constants. Made in memory, so that neither
 * Python nor a C++ compiler takes part in the build.
 */
final class TorchScriptArchive {
    private static final String ROOT = "kiln/";
    private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 2, ')', '.'};

    private TorchScriptArchive() {}

    /**
     * @param methods source of methods, each "def name(self, …) -> …:", without indentation; lines
     *     that begin with # are dropped
     */
    static InputStream of(String methods) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
            zip.setMethod(ZipOutputStream.STORED);
            put(zip, "data.pkl", instance());
            put(zip, "byteorder", "little".getBytes(StandardCharsets.US_ASCII));
            put(zip, "code/__torch__.py", moduleClass(methods).getBytes(StandardCharsets.UTF_8));
            put(zip, "constants.pkl", EMPTY_TUPLE);
            put(zip, "version", "10\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    private static String moduleClass(String methods) {
        StringBuilder code =
                new StringBuilder(
                        "class M(Module):\n  __parameters__ = []\n  __buffers__ = []\n  training : bool\n");
        methods.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .forEach(line -> code.append("  ").append(line).append('\n'));
        return code.toString();
    }

    /** Pickle, protocol 2: an object of __torch__.M whose only attribute is training = true. */
    private static byte[] instance() throws IOException {
        ByteArrayOutputStream pickle = new ByteArrayOutputStream();
        pickle.write(new byte[] {(byte) 0x80, 2, 'c'});
        pickle.write("__torch__\nM\n".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {')', (byte) 0x81, '}', '(', 'X', 8, 0, 0, 0});
        pickle.write("training".getBytes(StandardCharsets.US_ASCII));
        pickle.write(new byte[] {(byte) 0x88, 'u', 'b', '.'});
        return pickle.toByteArray();
    }

    private static void put(ZipOutputStream zip, String name, byte[] content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content);
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setSize(content.length);
        entry.setCompressedSize(content.length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(content);
        zip.closeEntry();
    }
}
