package io.kiln.model.torch;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Packs a TorchScript module into the archive that libtorch and torch.jit.load read: a zip of
 * stored entries with the code as text, the objects as a pickle and each tensor's bytes. Neither
 * Python nor a C++ compiler takes part. Equal modules give equal bytes.
 */
public final class TorchScriptArchive {
    private static final String ROOT = "kiln/";
    private static final byte[] EMPTY_TUPLE = {(byte) 0x80, 2, ')', '.'};

    /** The zip format's first moment: equal archives must not differ by when they were written. */
    private static final LocalDateTime WRITTEN = LocalDateTime.of(1980, 1, 1, 0, 0);

    private final ZipOutputStream zip;

    private TorchScriptArchive(ZipOutputStream zip) {
        this.zip = zip;
    }

    /**
     * An archive of methods alone, in memory.
     *
     * @param methods see {@link ScriptModule#methods}
     */
    static InputStream of(String methods) {
        ScriptModule module = new ScriptModule();
        module.methods(methods);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            write(bytes, module, Map.of());
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
        return new ByteArrayInputStream(bytes.toByteArray());
    }

    /**
     * Writes an archive; tensors are fetched one at a time. The stream stays open.
     *
     * @param extra texts by name, for torch.jit.load's _extra_files
     */
    public static void write(OutputStream out, ScriptModule root, Map<String, String> extra)
            throws IOException {
        ZipOutputStream zip = new ZipOutputStream(out);
        zip.setMethod(ZipOutputStream.STORED);
        new TorchScriptArchive(zip).put(root, extra);
        zip.finish();
    }

    private void put(ScriptModule root, Map<String, String> extra) throws IOException {
        Map<ScriptModule, String> names = new IdentityHashMap<>();
        StringBuilder code = new StringBuilder();
        name(root, names);
        code(root, names, code);
        List<ScriptTensor> storages = new ArrayList<>();
        put("data.pkl", ModulePickle.of(root, names, storages));
        put("byteorder", "little".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < storages.size(); i++) {
            put("data/" + i, storages.get(i).values().get());
        }
        put("code/__torch__.py", code.toString().getBytes(StandardCharsets.UTF_8));
        put("constants.pkl", EMPTY_TUPLE);
        put("version", "10\n".getBytes(StandardCharsets.US_ASCII));
        for (Map.Entry<String, String> text : extra.entrySet()) {
            put("extra/" + text.getKey(), text.getValue().getBytes(StandardCharsets.UTF_8));
        }
    }

    private static void name(ScriptModule module, Map<ScriptModule, String> names) {
        names.put(module, "M" + names.size());
        module.children().values().forEach(child -> name(child, names));
    }

    private static void code(
            ScriptModule module, Map<ScriptModule, String> names, StringBuilder code) {
        module.children().values().forEach(child -> code(child, names, code));
        code.append(module.source(names));
    }

    private void put(String name, byte[] content) throws IOException {
        put(name, ByteBuffer.wrap(content));
    }

    private void put(String name, ByteBuffer content) throws IOException {
        CRC32 crc = new CRC32();
        crc.update(content.duplicate());
        ZipEntry entry = new ZipEntry(ROOT + name);
        entry.setTimeLocal(WRITTEN);
        entry.setSize(content.remaining());
        entry.setCompressedSize(content.remaining());
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        WritableByteChannel channel = Channels.newChannel(zip);
        while (content.hasRemaining()) {
            channel.write(content);
        }
        zip.closeEntry();
    }
}
