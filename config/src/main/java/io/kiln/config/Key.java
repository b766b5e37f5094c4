package io.kiln.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Describes one configuration key: its purpose, default and range. The annotated record component
 * has the key's name. {@link ConfigBinder} enforces the description and {@code kiln config} prints
 * it, so the two cannot differ.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
public @interface Key {
    /** The purpose of the key and its unit, as one phrase without a full stop. */
    String about();

    /** The default, as written in YAML. Empty text is an empty string, list or map. */
    String fallback() default "";

    /**
     * Lowest number allowed, inclusive. The unit of a duration is the second, that of a size the
     * byte. In a list, it holds for every element.
     */
    double min() default Double.NEGATIVE_INFINITY;

    /** Whether the value may hold passwords. It is shown as {@link Secrets} allows. */
    boolean secret() default false;

    /** Highest number allowed, inclusive, in the units of {@link #min}. */
    double max() default Double.POSITIVE_INFINITY;
}
