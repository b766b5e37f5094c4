package io.kiln.model.torch;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A module's attributes as a pickle (protocol 2), as torch.jit.save writes it: each module an
 * object whose state is a dictionary, each tensor a call of torch._utils._rebuild_tensor_v2 with a
 * reference to its storage, which is a file of the archive.
 */
final class ModulePickle {
    private static final int PROTO = 0x80;
    private static final int NEW_OBJECT = 0x81;
    private static final int TRUE = 0x88;
    private static final int FALSE = 0x89;
    private static final int LONG1 = 0x8a;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final Map<ScriptModule, String> names;
    private final List<ScriptTensor> storages = new ArrayList<>();

    private ModulePickle(Map<ScriptModule, String> names) {
        this.names = names;
    }

    /**
     * Pickles a module and all below it.
     *
     * @param names of all modules' classes
     * @param storages given the tensors in the order of their storages' numbers
     */
    static byte[] of(
            ScriptModule root, Map<ScriptModule, String> names, List<ScriptTensor> storages) {
        ModulePickle pickle = new ModulePickle(names);
        pickle.bytes.write(PROTO);
        pickle.bytes.write(2);
        pickle.module(root);
        pickle.bytes.write('.');
        storages.addAll(pickle.storages);
        return pickle.bytes.toByteArray();
    }

    private void module(ScriptModule module) {
        global("__torch__", String.valueOf(names.get(module)));
        bytes.write(')');
        bytes.write(NEW_OBJECT);
        bytes.write('}');
        bytes.write('(');
        module.tensors()
                .forEach(
                        (name, tensor) -> {
                            text(name);
                            tensor(tensor);
                        });
        // A network under inference: norms use their running statistics until .train() is called.
        text("training");
        bytes.write(FALSE);
        module.children()
                .forEach(
                        (name, child) -> {
                            text(name);
                            module(child);
                        });
        bytes.write('u');
        bytes.write('b');
    }

    private void tensor(ScriptTensor tensor) {
        global("torch._utils", "_rebuild_tensor_v2");
        bytes.write('(');
        bytes.write('(');
        text("storage");
        global("torch", tensor.storage());
        text(Integer.toString(storages.size()));
        text("cpu");
        integer(tensor.shape().size());
        bytes.write('t');
        bytes.write('Q'); // a reference to what lies outside the pickle
        integer(0);
        integers(tensor.shape().getShape());
        integers(tensor.strides());
        bytes.write(tensor.parameter() ? TRUE : FALSE);
        global("collections", "OrderedDict");
        bytes.write(')');
        bytes.write('R');
        bytes.write('t');
        bytes.write('R');
        storages.add(tensor);
    }

    private void global(String module, String name) {
        bytes.write('c');
        bytes.writeBytes((module + "\n" + name + "\n").getBytes(StandardCharsets.US_ASCII));
    }

    private void text(String text) {
        byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
        bytes.write('X');
        bytes.writeBytes(little(Integer.BYTES).putInt(0, utf8.length).array());
        bytes.writeBytes(utf8);
    }

    private void integers(long[] numbers) {
        bytes.write('(');
        for (long number : numbers) {
            integer(number);
        }
        bytes.write('t');
    }

    private void integer(long number) {
        if (number == (int) number) {
            bytes.write('J');
            bytes.writeBytes(little(Integer.BYTES).putInt(0, (int) number).array());
        } else {
            bytes.write(LONG1);
            bytes.write(Long.BYTES);
            bytes.writeBytes(little(Long.BYTES).putLong(0, number).array());
        }
    }

    private static ByteBuffer little(int size) {
        return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    }
}
