package io.kiln.model.torch;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** A TorchScript module under construction: its tensors, its submodules, its methods. */
public final class ScriptModule {
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");

    private final Map<String, ScriptTensor> tensors = new LinkedHashMap<>();
    private final Map<String, ScriptModule> children = new LinkedHashMap<>();
    private String methods = "";

    /**
     * The submodule at a path, made where there is none.
     *
     * @param path names with dots in between, such as layer1.0.conv1
     */
    public ScriptModule at(String path) {
        ScriptModule module = this;
        for (String name : path.split("\\.", -1)) {
            module = module.children.computeIfAbsent(name, n -> new ScriptModule());
        }
        return module;
    }

    /**
     * Adds a parameter, whose values are fetched when the archive is written.
     *
     * @param shape of as many values
     */
    public void parameter(String name, NDArray values, Shape shape) {
        tensors.put(name, ScriptTensor.of(values, shape, true));
    }

    /** Adds a buffer, whose values are fetched when the archive is written. */
    public void buffer(String name, NDArray values) {
        tensors.put(name, ScriptTensor.of(values, values.getShape(), false));
    }

    /** Adds a scalar int64 buffer. */
    public void buffer(String name, long value) {
        tensors.put(name, ScriptTensor.of(value));
    }

    /**
     * Sets the methods.
     *
     * @param source methods, each "def name(self, …) -> …:", without indentation; lines that begin
     *     with # are dropped
     */
    public void methods(String source) {
        this.methods = source;
    }

    /** How code of this module names a submodule or a tensor of it. */
    public static String expression(String path) {
        String expression = "self";
        for (String name : path.split("\\.", -1)) {
            expression =
                    IDENTIFIER.matcher(name).matches()
                            ? expression + "." + name
                            : "getattr(" + expression + ", \"" + name + "\")";
        }
        return expression;
    }

    Map<String, ScriptTensor> tensors() {
        return tensors;
    }

    Map<String, ScriptModule> children() {
        return children;
    }

    /**
     * Its class as TorchScript source.
     *
     * @param names of all modules' classes
     */
    String source(Map<ScriptModule, String> names) {
        StringBuilder code = new StringBuilder();
        code.append("class ").append(names.get(this)).append("(Module):\n");
        code.append("  __parameters__ = ").append(listed(true)).append('\n');
        code.append("  __buffers__ = ").append(listed(false)).append('\n');
        tensors.keySet().forEach(name -> attribute(code, name, "Tensor"));
        code.append("  training : bool\n");
        children.forEach((name, child) -> attribute(code, name, "__torch__." + names.get(child)));
        methods.lines()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .forEach(line -> code.append("  ").append(line).append('\n'));
        return code.toString();
    }

    private String listed(boolean parameters) {
        return tensors.entrySet().stream()
                .filter(entry -> entry.getValue().parameter() == parameters)
                .map(entry -> '"' + entry.getKey() + "\", ")
                .collect(Collectors.joining("", "[", "]"));
    }

    private static void attribute(StringBuilder code, String name, String type) {
        if (IDENTIFIER.matcher(name).matches()) {
            code.append("  ").append(name).append(" : ").append(type).append('\n');
        } else {
            code.append("  __annotations__[\"").append(name).append("\"] = ");
            code.append(type).append('\n');
        }
    }
}
